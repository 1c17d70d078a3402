"""The next one of a practice comes to a city that has changed its own, and to one that may not have it."""

from __future__ import annotations

from tests.core.processes.packages.conftest import ADOPTION, NONE, PRACTICE, Exchange, to_production
from tests.core.processes.packages.test_merging import BASE, REGISTER, SIGN, checked
from tests.core.processes.versions.conftest import CHANGE, PUBLISH, READ

LAND = "$id: UUID!, $i: AdoptionLanding! => processAdoptionLand(id: $id, input: $i)"
UPGRADE = "query ($id: UUID!, $c: [AdoptionChoice!]) { processAdoption(id: $id) { upgrade(choices: $c) { %s } } }"
CONFLICTS = "conflicts { address title mine theirs choice } findings { isError } taken { what title }"


def named(drawing: str, word: str) -> str:
    return drawing.replace(SIGN, SIGN.replace("Подписать", word))


async def offered_again(exchange: Exchange, drawing: str) -> dict[str, str]:
    """Let the giver publish another drawing and offer it."""
    drawn = await exchange.giver.uploaded(exchange.process, drawing)
    await to_production(exchange.giver, drawn["id"])
    made: dict[str, str] = await exchange.offered()
    return made


async def test_an_upgrade_keeps_what_the_city_changed_and_asks_where_both_did(exchange: Exchange) -> None:
    taker = exchange.taker
    adoption = await exchange.taken((await exchange.offered())["id"])
    process_id = adoption["processId"]
    changes = (
        f'{{ processAdoption(id: "{adoption["id"]}") {{ localChanges {{ drawing {{ what title attribute }}'
        " rest { kind key what } } upgrade { conflicts { address } } } }"
    )
    assert await taker.ask(changes) == {"localChanges": {"drawing": [], "rest": []}, "upgrade": None}

    # Here: another word for the registration, a form's field, another lane. There: a check, and both sign otherwise.
    here = named(BASE.replace(REGISTER, REGISTER.replace("Зарегистрировать", "Принять")), "Утвердить")
    mine = await taker.uploaded(process_id, here)
    form = {"type": "object", "properties": {"area": {"type": "number", "minimum": 1}}, "required": ["area"]}
    save = '$v: UUID!, $d: JSON! => processFormSave(versionId: $v, key: "application", dataSchema: $d, uiSchema: {})'
    await taker.done(save, v=mine["id"], d=form)
    lane = {"lane": "Специалист", "roleKey": "core.dispatcher"}
    bind = "$p: UUID!, $i: ProcessLaneInput! => processLaneBind(processId: $p, input: $i)"
    await taker.done(bind, "errors { code } process { id }", p=process_id, i=lane)
    found = (await taker.ask(changes))["localChanges"]
    assert {(e["what"], e["title"]) for e in found["drawing"]} == {("renamed", "Принять"), ("renamed", "Утвердить")}
    assert found["rest"] == [
        {"kind": "form", "key": "application", "what": "changed"},
        {"kind": "lane", "key": "Специалист", "what": "changed"},
    ]

    next_ = await offered_again(exchange, named(checked(BASE), "Согласовать"))
    begun = await exchange.begun(next_["id"], upgrade_of=process_id)
    assert (begun["packageNo"], begun["processId"]) == (2, process_id)
    names = (await taker.ask(f'{{ processAdoption(id: "{begun["id"]}") {{ names {{ target }} }} }}'))["names"]
    assert all(each["target"] for each in names), "the bindings of the one before hold"
    upgrade = (await taker.ask(UPGRADE % CONFLICTS, id=begun["id"]))["upgrade"]
    (conflict,) = upgrade["conflicts"]
    assert (conflict["address"], conflict["choice"]) == ("drawing/sign", "")
    assert "Утвердить" in conflict["mine"] and "Согласовать" in conflict["theirs"]
    assert {"what": "added", "title": "Проверить"} in upgrade["taken"]
    assert not any(each["isError"] for each in upgrade["findings"])
    refused = await taker.do(LAND, ADOPTION, id=begun["id"], i=NONE)
    assert [each["code"] for each in refused["errors"]] == ["package_conflict"]
    assert "drawing/sign" in refused["errors"][0]["message"]
    wrong = [{"address": "drawing/sign", "take": "both"}]
    assert await taker.codes(LAND, ADOPTION, id=begun["id"], i={**NONE, "choices": wrong}) == ["case_choice_unknown"]

    landed = await exchange.landed(begun["id"], choices=[{"address": "drawing/sign", "take": "theirs"}])
    assert landed["processId"] == process_id
    version = await taker.ask(
        f'{{ processVersion(id: "{landed["versionId"]}") {{ no stage nodes {{ title lane }} forms {{ key dataSchema }}'
        " decisions { key } measures { title } } }"
    )
    lanes = {each["title"]: each["lane"] for each in version["nodes"] if each["title"]}
    assert lanes == {
        "Заявление подано": "Специалист",
        "Принять": "Специалист",
        "Рассчитать пошлину": "Специалист",
        "Проверить": "Начальник",
        "Согласовать": "Начальник",
        "Выдано": "Начальник",
    }
    assert (version["no"], version["stage"], version["measures"]) == (3, "DRAFT", [])
    assert version["forms"] == [{"key": "application", "dataSchema": form}] and version["decisions"] == [{"key": "fee"}]
    bound = await taker.ask(f'{{ process(id: "{process_id}") {{ lanes {{ lane roleKey isHead }} }} }}')
    assert bound["lanes"] == [
        {"lane": "Начальник", "roleKey": "", "isHead": True},
        {"lane": "Специалист", "roleKey": "core.dispatcher", "isHead": False},
    ]
    await to_production(taker, landed["versionId"])
    begin = "$p: UUID, $u: UUID => processAdoptionBegin(practiceId: $p, upgradeOf: $u)"
    assert await taker.codes(begin, ADOPTION, p=next_["id"], u=process_id) == ["package_not_newer"]
    other = await taker.process("other")
    assert await taker.codes(begin, ADOPTION, p=next_["id"], u=other["id"]) == ["package_no_ancestor"]

    # The lineage goes on: what this city offers says whom it had it from.
    deed = "$p: UUID!, $i: PracticeInput! => practicePublish(processId: $p, input: $i)"
    chief = await taker.city.user(READ, PUBLISH, "core.settings.change")
    offered = await taker.done(deed, PRACTICE, as_=chief, p=process_id, i={"isUnmeasured": True})
    parent = await taker.ask(f'{{ practice(id: "{offered["id"]}") {{ content {{ parent {{ key no giver }} }} }} }}')
    giver = exchange.giver.city.tenant.slug
    assert parent["content"]["parent"] == {"key": f"{giver}/permit", "no": 2, "giver": giver}


async def test_a_draft_that_somebody_is_at_is_not_written_over(exchange: Exchange) -> None:
    adoption = await exchange.taken((await exchange.offered())["id"])
    next_ = await offered_again(exchange, checked(BASE))
    begun = await exchange.begun(next_["id"], upgrade_of=adoption["processId"])
    at = begun["version"]
    await exchange.bind(begun["id"], [])
    stale = f'$i: AdoptionLanding! => processAdoptionLand(id: "{begun["id"]}", input: $i, expectedVersion: {at})'
    assert await exchange.taker.codes(stale, ADOPTION, i=NONE) == ["process_changed"]
    await exchange.landed(begun["id"])
    again = await exchange.taker.codes(LAND, ADOPTION, id=begun["id"], i=NONE)
    assert again == ["package_adoption_over"]


async def test_each_city_has_its_own_and_each_right_is_asked_for(exchange: Exchange) -> None:
    giver, taker = exchange.giver, exchange.taker
    offered = await exchange.offered()
    withdraw = f'practiceWithdraw(id: "{offered["id"]}")'
    everything = await taker.city.user(READ, CHANGE, PUBLISH, "core.settings.change")
    assert await taker.codes(withdraw, PRACTICE, as_=everything) == ["not_found"], "another city's is not ours"
    publish = f'practicePublish(processId: "{exchange.process}", input: {{isUnmeasured: true}})'
    assert await taker.codes(publish, PRACTICE, as_=everything) == ["not_found"]
    own = f'processAdoptionBegin(practiceId: "{offered["id"]}")'
    assert await giver.codes(own, ADOPTION) == ["package_own"]
    begun = await exchange.begun(offered["id"])
    mine = await taker.ask("{ processAdoptions { totalCount } }")
    assert mine == {"totalCount": 1}
    theirs = f'{{ processAdoption(id: "{begun["id"]}") {{ id }} }}'
    assert await giver.ask(theirs) is None
    bind = f'processAdoptionBind(id: "{begun["id"]}", bindings: [])'
    assert await giver.codes(bind, ADOPTION) == ["not_found"]
    unit = {"kind": "unit", "key": "permits", "target": giver.unit}
    deed = "$id: UUID!, $b: [AdoptionBinding!]! => processAdoptionBind(id: $id, bindings: $b)"
    assert await taker.codes(deed, ADOPTION, id=begun["id"], b=[unit]) == ["not_found"], "another city's unit"
    strange = {"kind": "role", "key": "nobody", "target": "core.executor"}
    assert await taker.codes(deed, ADOPTION, id=begun["id"], b=[strange]) == ["package_name_unknown"]
    reader = await taker.city.user(READ)
    for asked in (own, bind, withdraw, publish, f'processAdoptionEffectTell(id: "{begun["id"]}")'):
        answer = await taker.city.graphql(f"mutation {{ {asked} {{ errors {{ code }} }} }}", as_=reader)
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN", asked
    nobody = await taker.city.user()
    for asked in (
        "practices { totalCount }",
        f'practice(id: "{offered["id"]}") {{ id }}',
        "processAdoptions { totalCount }",
    ):
        answer = await taker.city.graphql(f"{{ {asked} }}", as_=nobody)
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN", asked

    await giver.done(withdraw, PRACTICE, as_=giver.owner)
    assert await giver.codes(withdraw, PRACTICE, as_=giver.owner) == ["not_found"]
    gone = f'{{ practice(id: "{offered["id"]}") {{ id }} }}'
    assert await taker.ask(gone) is None and await giver.ask(gone) == {"id": offered["id"]}
    assert await taker.codes(own, ADOPTION) == ["not_found"]
    await exchange.bound(begun["id"])
    assert (await exchange.landed(begun["id"]))["state"] == "ADOPTED", "who took it keeps it"
    audit = await giver.city.rows("select action from audit_event where tenant_id = $1 and action like '%package%'")
    assert [row["action"] for row in audit] == ["core.process_package.published", "core.process_package.withdrawn"]
