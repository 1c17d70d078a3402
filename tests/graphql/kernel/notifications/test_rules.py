"""A city decides whom it tells, and sees what became of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from leancity.core.cases.moves import move
from tests.graphql.kernel.notifications.desk import Desk

RULE = "key title event caseKind status visibility audience channels isOn isMandatory isDefault isChanged"
RULES = f"{{ notificationRules {{ {RULE} }} }}"


async def rule(desk: Desk, key: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = await desk.office.ask(RULES)
    return next(each for each in found if each["key"] == key)


async def done(desk: Desk, mutation: str, **variables: Any) -> dict[str, Any]:
    """Run a mutation on rules and return its payload."""
    head = "mutation ($input: NotificationRuleInput!)" if variables else "mutation"
    payload: dict[str, Any] = await desk.office.ask(
        f"{head} {{ {mutation} {{ errors {{ field code }} rule {{ {RULE} }} }} }}", **variables
    )
    return payload


async def test_a_default_is_switched_off_changed_and_put_back(desk: Desk) -> None:
    assert (await rule(desk, "core.assigned"))["isChanged"] is False
    changed = await done(desk, 'notificationRuleChange(key: "core.assigned", isOn: false)')
    assert changed["errors"] == [] and (changed["rule"]["isOn"], changed["rule"]["isChanged"]) == (False, True)
    await desk.assigned()
    assert await desk.told(desk.clerk) == [] and await desk.letters(desk.clerk) == []
    await done(desk, 'notificationRuleChange(key: "core.assigned", isOn: true, channels: [INAPP])')
    await desk.assigned()
    assert len(await desk.told(desk.clerk)) == 1 and await desk.letters(desk.clerk) == []
    put_back = await done(desk, 'notificationRuleReset(key: "core.assigned")')
    assert put_back["rule"] == await rule(desk, "core.assigned")
    assert (put_back["rule"]["channels"], put_back["rule"]["isChanged"]) == (["INAPP", "EMAIL"], False)
    await desk.assigned()
    assert len(await desk.letters(desk.clerk)) == 1


async def test_a_rule_of_the_citys_own_tells_whom_it_names(desk: Desk) -> None:
    new = {
        "title": "Разобранное",
        "event": "moved",
        "caseKind": "city_problems.report",
        "status": "sorted",
        "audience": "role:core.dispatcher",
        "channels": ["INAPP", "EMAIL"],
    }
    dispatcher = await desk.person(role="core.dispatcher")
    added = await done(desk, "notificationRuleAdd(input: $input)", input=new)
    assert added["errors"] == [] and added["rule"]["key"].startswith("city.")
    case = await desk.filed()
    await desk.office.done(f'caseMove(caseId: "{case}", transition: "sort")')
    (line,) = await desk.told(dispatcher, locale="ru")
    assert line["text"] == f"Дело {line['caseNumber']}: теперь «Разобрано»"
    assert len(await desk.letters(dispatcher)) == 1
    removed = await done(desk, f'notificationRuleReset(key: "{added["rule"]["key"]}")')
    assert removed == {"errors": [], "rule": None}
    async with desk.city.serving(as_=desk.office.dispatcher):
        await move(UUID(case), "refuse", outcome="not_ours", note="x")
    assert len(await desk.told(dispatcher)) == 1, "what was told stays"


async def test_whom_several_rules_name_is_told_once(desk: Desk) -> None:
    new = {"title": "x", "event": "assigned", "audience": "unit", "channels": ["INAPP", "EMAIL"]}
    await done(desk, "notificationRuleAdd(input: $input)", input=new)
    await desk.assigned()
    assert len(await desk.told(desk.clerk)) == 1
    assert len(await desk.letters(desk.clerk)) == 1
    assert await desk.fates(desk.clerk, "INAPP") == [("sent", "")]


async def test_what_does_not_fit_is_refused(desk: Desk) -> None:
    good = {"title": "x", "event": "closed", "audience": "assignee", "channels": ["INAPP"]}
    for changes, field, code in (
        ({"title": " "}, "title", "required"),
        ({"event": "state_entered"}, "event", "notification_rule_misfit"),
        ({"audience": "everybody"}, "audience", "notification_rule_misfit"),
        ({"audience": "role:core.nobody"}, "audience", "role_unknown"),
        ({"audience": "addressee"}, "audience", "notification_rule_misfit"),
        ({"channels": []}, "channels", "notification_rule_misfit"),
        ({"channels": ["INAPP", "INAPP"]}, "channels", "notification_rule_misfit"),
        ({"caseKind": "city_problems.nothing"}, "caseKind", "not_found"),
        ({"status": "closed"}, "status", "not_found"),
        ({"caseKind": "city_problems.report", "status": "sold"}, "status", "not_found"),
        ({"visibility": "PUBLIC"}, "visibility", "notification_rule_misfit"),
        ({"event": "assigned", "audience": "author"}, "audience", "notification_rule_misfit"),
        ({"event": "commented", "audience": "author"}, "visibility", "notification_rule_misfit"),
    ):
        refused = await done(desk, "notificationRuleAdd(input: $input)", input={**good, **changes})
        assert refused["errors"] == [{"field": field, "code": code}], changes
    assert await desk.city.rows("select 1 from notification_rule where tenant_id = $1") == []
    internal = await done(desk, 'notificationRuleChange(key: "core.assigned", audience: "author")')
    assert internal["errors"] == [{"field": "audience", "code": "notification_rule_misfit"}]
    for mutation in ('notificationRuleChange(key: "x.y", isOn: false)', 'notificationRuleReset(key: "x.y")'):
        assert (await done(desk, mutation))["errors"] == [{"field": "key", "code": "not_found"}]


async def test_a_preview_shows_an_invented_case(desk: Desk) -> None:
    of = 'key: "core.closed", caseKind: "city_problems.report"'
    shown = await desk.office.ask(f"{{ notificationPreview({of}) {{ text subject body }} }}")
    assert shown["text"] == "Ваше обращение CP-2026-000123 закрыто: Устранено"
    assert shown["subject"].endswith(shown["text"]) and "Состояние: Закрыто (Устранено)" in shown["body"]


async def test_only_who_decides_it_sees_rules_and_log(desk: Desk) -> None:
    await desk.assigned()
    await desk.run()
    administrator = await desk.person(role="core.administrator")
    log = "{ notificationDeliveries(first: 100) { totalCount edges { node { user { id name } case { id } } } } }"
    for query in (RULES, log):
        refused = await desk.city.graphql(query, as_=desk.office.gardener)
        assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    answer = await desk.city.graphql(log, as_=administrator)
    nodes = [edge["node"] for edge in answer["data"]["notificationDeliveries"]["edges"]]
    assert len(nodes) == answer["data"]["notificationDeliveries"]["totalCount"] == 2
    assert {node["user"]["id"] for node in nodes} == {str(desk.clerk.id)}
    assert {node["case"] for node in nodes} == {None}, "to decide who is told gives no right to the cases"
