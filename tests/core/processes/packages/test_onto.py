"""A practice goes onto a process that the city has drawn itself: compared, chosen part by part, measured against it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from leancity.core.moment import now
from tests.core.processes.packages.conftest import ADOPTION, NONE, Exchange, cases, to_production
from tests.core.processes.packages.test_merging import BASE, REGISTER, checked
from tests.core.processes.packages.test_upgrading import LAND, UPGRADE, named, offered_again
from tests.core.processes.versions.models import SCHEMA

BEGIN = "$p: UUID, $o: UUID => processAdoptionBegin(practiceId: $p, onto: $o)"
CONFLICTS = "isTwoWay conflicts { address mine theirs choice } taken { what title } findings { isError }"


def ours() -> str:
    """Return the permit as this city drew it: another process id, another signature, an archive in the end."""
    drawn = named(BASE, "Утвердить").replace('<bpmn:process id="permit"', '<bpmn:process id="ours"')
    archive = (
        '<bpmn:userTask id="archive" name="В архив"/>'
        '<bpmn:sequenceFlow id="f9" sourceRef="archive" targetRef="issued"/>'
    )
    into = drawn.replace('sourceRef="sign" targetRef="issued"', 'sourceRef="sign" targetRef="archive"')
    lane = "<bpmn:flowNodeRef>sign</bpmn:flowNodeRef>"
    return into.replace('<bpmn:endEvent id="issued"', archive + '<bpmn:endEvent id="issued"').replace(
        lane, lane + lane.replace("sign", "archive")
    )


async def own_process(exchange: Exchange) -> tuple[str, str]:
    """Return the ids of a process of the taking city with eleven closed cases, and of its drawing."""
    taker = exchange.taker
    process = await taker.process("our_permit")
    drawn = await taker.uploaded(process["id"], ours())
    form = {**SCHEMA, "properties": {"area": {"type": "number", "minimum": 5}}}
    save = '$v: UUID!, $d: JSON! => processFormSave(versionId: $v, key: "application", dataSchema: $d, uiSchema: {})'
    await taker.done(save, v=drawn["id"], d=form)
    await taker.done(
        "$p: UUID!, $i: ProcessLaneInput! => processLaneBind(processId: $p, input: $i)",
        "errors { code } process { id }",
        p=process["id"],
        i={"lane": "Специалист", "roleKey": "core.dispatcher"},
    )
    await cases(taker.city, process["id"], [8 + place / 10 for place in range(11)], now() - timedelta(days=20))
    return process["id"], drawn["id"]


async def begun_onto(exchange: Exchange, practice_id: str, process_id: str) -> str:
    """Begin to take a practice onto a process, with every name bound, and return the adoption's id."""
    begun = await exchange.taker.done(BEGIN, ADOPTION, p=practice_id, o=process_id)
    assert begun["processId"] == process_id
    await exchange.bound(begun["id"])
    adoption_id: str = begun["id"]
    return adoption_id


def chosen(**choices: str) -> dict[str, Any]:
    return {"choices": [{"address": each.replace("_", "/"), "take": take} for each, take in choices.items()]}


async def test_a_practice_goes_onto_a_process_of_the_city_part_by_part_and_is_measured_there(
    exchange: Exchange,
) -> None:
    taker = exchange.taker
    process_id, _ = await own_process(exchange)
    adoption_id = await begun_onto(exchange, (await exchange.offered())["id"], process_id)

    found = (await taker.ask(UPGRADE % CONFLICTS, id=adoption_id))["upgrade"]
    assert found["isTwoWay"] is True
    conflicts = {each["address"]: each for each in found["conflicts"]}
    assert {*conflicts} == {
        *("drawing/sign", "drawing/archive", "drawing/f9", "drawing/f4"),
        *("forms/application", "lanes/Специалист", "decisions/fee"),
    }, "the process is called otherwise, which is no difference"
    assert conflicts["decisions/fee"]["mine"] is None and conflicts["drawing/archive"]["theirs"] is None
    assert "Утвердить" in conflicts["drawing/sign"]["mine"] and "Подписать" in conflicts["drawing/sign"]["theirs"]
    refused = await taker.do(LAND, ADOPTION, id=adoption_id, i={**NONE, **chosen(drawing="theirs", lanes="mine")})
    assert [each["code"] for each in refused["errors"]] == ["package_difference"] * 2
    assert all(each["message"].count("forms/") + each["message"].count("decisions/") for each in refused["errors"])

    picked = {"drawing": "theirs", "drawing_sign": "mine", "forms": "theirs", "decisions": "theirs", "lanes": "mine"}
    landed = await exchange.landed(adoption_id, **chosen(**picked))
    assert landed["processId"] == process_id
    version = await taker.ask(
        f'{{ processVersion(id: "{landed["versionId"]}") {{ no stage processElement nodes {{ title }} startsAt endsAt'
        " forms { key dataSchema } decisions { key } measures { title } } }"
    )
    titles = {each["title"] for each in version.pop("nodes")} - {""}
    assert titles == {"Заявление подано", "Зарегистрировать", "Рассчитать пошлину", "Утвердить", "Выдано"}
    assert version == {
        "no": 2,
        "stage": "DRAFT",
        "processElement": "ours",
        "startsAt": ["filed"],
        "endsAt": ["issued"],
        "forms": [{"key": "application", "dataSchema": SCHEMA}],
        "decisions": [{"key": "fee"}],
        "measures": [{"title": "Издать порядок"}],
    }
    lanes = (await taker.ask(f'{{ process(id: "{process_id}") {{ lanes {{ lane roleKey }} }} }}'))["lanes"]
    assert {each["lane"]: each["roleKey"] for each in lanes} == {"Начальник": "", "Специалист": "core.dispatcher"}
    origins = await taker.city.rows("select origin from process_version where tenant_id = $1 order by no")
    giver = exchange.giver.city.tenant.slug
    assert [row["origin"] for row in origins] == ["", f"package:{giver}/permit@1"]

    # The city compares itself before and after, with nobody having said where «before» is known from.
    await to_production(taker, landed["versionId"])
    await cases(taker.city, process_id, [3 + place / 10 for place in range(10)], now())
    effect = (
        await taker.ask(
            f'{{ processAdoption(id: "{adoption_id}") {{ effect {{ baseline {{ source n }} here {{ verdict'
            " before { lead { n } } after { lead { n } } } } } }"
        )
    )["effect"]
    assert effect["baseline"] == {"source": "PROCESS", "n": 11}
    assert effect["here"] == {"verdict": "SHORTER", "before": {"lead": {"n": 11}}, "after": {"lead": {"n": 10}}}

    # From now on there is a base: what the giver adds comes by itself, what the city kept stays.
    again = await taker.codes(BEGIN, ADOPTION, p=(await exchange.offered())["id"], o=process_id)
    assert again == ["package_has_ancestor"]
    next_ = await offered_again(exchange, checked(BASE.replace(REGISTER, REGISTER.replace("Зарег", "Перерег"))))
    begun = await exchange.begun(next_["id"], upgrade_of=process_id)
    upgrade = (await taker.ask(UPGRADE % CONFLICTS, id=begun["id"]))["upgrade"]
    assert (upgrade["isTwoWay"], upgrade["conflicts"]) == (False, [])
    landed = await exchange.landed(begun["id"])
    asked = f'{{ processVersion(id: "{landed["versionId"]}") {{ processElement nodes {{ title }} }} }}'
    version = await taker.ask(asked)
    assert {each["title"] for each in version["nodes"]} >= {"Проверить", "Перерегистрировать", "Утвердить"}
    assert version["processElement"] == "ours"


@pytest.mark.long
async def test_one_side_is_taken_whole_and_what_does_not_fit_together_is_refused(exchange: Exchange) -> None:
    taker = exchange.taker
    process_id, drawn = await own_process(exchange)
    offered = await exchange.offered()
    adoption_id = await begun_onto(exchange, offered["id"], process_id)
    rest = dict.fromkeys(("drawing_sign", "drawing_f4", "forms", "decisions", "lanes"), "mine")
    mixed = chosen(drawing="theirs", **rest)
    refused = await taker.do(LAND, ADOPTION, id=adoption_id, i={**NONE, **mixed})
    assert refused["errors"] and refused["adoption"] is None, "a task leads to nowhere, a table is asked for and gone"
    mine = chosen(drawing="mine", forms="mine", decisions="theirs", lanes="theirs")
    landed = await exchange.landed(adoption_id, **mine)
    xml = '{ processVersion(id: "%s") { xmlSha256 } }'
    assert await taker.ask(xml % landed["versionId"]) == await taker.ask(xml % drawn), "byte for byte the city's own"

    other = await taker.process("empty")
    assert await taker.codes(BEGIN, ADOPTION, p=offered["id"], o=other["id"]) == ["package_process_empty"]
    nowhere = "00000000-0000-4000-8000-000000000000"
    assert await taker.codes(BEGIN, ADOPTION, p=offered["id"], o=nowhere) == ["not_found"]
    both = "$p: UUID, $o: UUID => processAdoptionBegin(practiceId: $p, onto: $o, upgradeOf: $o)"
    assert await taker.codes(both, ADOPTION, p=offered["id"], o=other["id"]) == ["package_one_process"]
