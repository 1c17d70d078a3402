"""A practice goes from one city to another: offered, looked at, bound, landed, led into production, measured."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from datetime import timedelta
from typing import Any

from leancity.core.moment import now
from tests.core.processes.packages.conftest import (
    ADOPTION,
    EFFECT,
    NAMES,
    PRACTICE,
    Exchange,
    cases,
    measure,
    to_production,
)

LAND = "$id: UUID!, $i: AdoptionLanding! => processAdoptionLand(id: $id, input: $i)"
WORK = ("core.task.work", "core.process.read", "core.case.read")
UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


async def test_a_practice_is_taken_led_into_production_and_measured(exchange: Exchange) -> None:
    await measure(exchange)
    offered = await exchange.offered(description="Быстрее впятеро", tags=["Разрешения"], isUnmeasured=False)
    assert offered["key"] == f"{exchange.giver.city.tenant.slug}/permit" and offered["no"] == 1
    assert (offered["effect"]["verdict"], offered["effect"]["before"]["n"]) == ("shorter", 12)

    listed = await exchange.taker.ask(
        '{ practices(filter: {tag: "разрешения", effect: "shorter", text: "БЫСТРЕЕ"}) { edges { node { id key isMine'
        " cities content { svg trust names { kind key title } forms { key } decisions { key } measures"
        " lanes { lane role unit isHead } } } } } }"
    )
    (seen,) = [e["node"] for e in listed["edges"] if e["node"]["id"] == offered["id"]]
    content = seen["content"]
    assert (seen["isMine"], seen["cities"], content["trust"]) == (False, 0, "OURS")
    assert content["svg"].startswith("<svg") and "Зарегистрировать" in content["svg"]
    assert [each["key"] for each in content["forms"] + content["decisions"]] == ["application", "fee"]
    assert content["measures"] == ["Издать порядок"]
    assert {(each["kind"], each["key"]) for each in content["names"]} == {
        ("role", "core.executor"),
        ("unit", "permits"),
        ("calendar", "office"),
    }

    begun = await exchange.begun(offered["id"])
    assert (begun["state"], begun["processId"]) == ("BINDING", None)
    assert (await exchange.begun(offered["id"]))["id"] == begun["id"], "what was begun is gone on with"
    refused = await exchange.taker.do(LAND, ADOPTION, id=begun["id"], i={"baseline": {"source": "NONE"}})
    assert [each["code"] for each in refused["errors"]] == ["package_name_open"] * 3, "nothing is bound by itself"
    half = [{"kind": "role", "key": "core.executor", "target": "core.executor"}]
    await exchange.bind(begun["id"], half)
    names = (await exchange.taker.ask(f'{{ processAdoption(id: "{begun["id"]}") {{ {NAMES} }} }}'))["names"]
    bound = {each["name"]["kind"]: (each["target"], each["suggested"]) for each in names}
    assert bound == {
        "role": ("core.executor", "core.executor"),
        "unit": ("", exchange.taker.unit),
        "calendar": ("", "office"),
    }, "saved half-way, the rest suggested by the same key"
    await exchange.bound(begun["id"])

    # What it took here before is known from a process of the city's own.
    old = await exchange.taker.process("old_way")
    await cases(exchange.taker.city, old["id"], [8 + place / 10 for place in range(11)], now() - timedelta(days=20))
    baseline = {"source": "PROCESS", "sourceId": old["id"]}
    card = {"baseline": baseline, "ownerId": str(exchange.taker.owner.id), "unitId": exchange.taker.unit}
    landed = await exchange.landed(begun["id"], **card)
    assert landed["state"] == "ADOPTED" and landed["versionId"]
    while await exchange.taker.city.run_jobs():
        pass
    told = await exchange.taker.ask(
        "{ notifications { edges { node { event subject { kind id } } } } }", as_=exchange.taker.owner
    )
    assert {"event": "practice_landed", "subject": {"kind": "PROCESS_ADOPTION", "id": begun["id"]}} in [
        edge["node"] for edge in told["edges"]
    ]
    version = await exchange.taker.ask(
        f'{{ processVersion(id: "{landed["versionId"]}") {{ stage kind startsAt forms {{ key }} decisions {{ key }}'
        " measures { title doneAt } } }"
    )
    assert version == {
        "stage": "DRAFT",
        "kind": "TO_BE",
        "startsAt": ["filed"],
        "forms": [{"key": "application"}],
        "decisions": [{"key": "fee"}],
        "measures": [{"title": "Издать порядок", "doneAt": None}],
    }
    rows = await exchange.taker.city.rows("select origin from process_version where tenant_id = $1")
    assert [row["origin"] for row in rows] == [f"package:{offered['key']}@1"]
    await to_production(exchange.taker, landed["versionId"])
    await _runs(exchange, landed["versionId"])

    asked = (
        f'{{ processAdoption(id: "{begun["id"]}") {{ effect {{ liveAt baseline {{ source n medianS }}'
        f" here {{ verdict difference after {{ lead {{ n }} }} }} there {{ {EFFECT} }} }} }} }}"
    )
    early = (await exchange.taker.ask(asked))["effect"]
    assert early["liveAt"] and early["here"]["verdict"] == "TOO_FEW"
    assert early["baseline"] == {"source": "PROCESS", "n": 11, "medianS": 8.5 * 3600}
    tell = f'processAdoptionEffectTell(id: "{begun["id"]}")'
    assert await exchange.taker.codes(tell, ADOPTION, as_=exchange.taker.owner) == ["package_effect_unmeasured"]
    await cases(exchange.taker.city, landed["processId"], [3 + place / 10 for place in range(10)], now())
    effect = (await exchange.taker.ask(asked))["effect"]
    assert (effect["here"]["verdict"], effect["there"]["verdict"]) == ("SHORTER", "shorter")
    assert effect["here"]["difference"] < -4 * 3600

    await exchange.taker.done(tell, ADOPTION, as_=exchange.taker.owner)
    practice = await exchange.giver.ask(
        f'{{ practice(id: "{offered["id"]}") {{ cities effects {{ verdict after {{ n }} }} }} }}'
    )
    assert practice == {"cities": 1, "effects": [{"verdict": "shorter", "after": {"n": 10}}]}
    raw = await exchange.giver.city.rows("select summary from catalogue_package where tenant_id = $1")
    assert exchange.taker.city.tenant.slug not in raw[0]["summary"], "who took it is nobody's to know"
    await exchange.taker.done(tell.replace(")", ", isTold: false)"), ADOPTION, as_=exchange.taker.owner)
    again = await exchange.giver.ask(f'{{ practice(id: "{offered["id"]}") {{ cities effects {{ verdict }} }} }}')
    assert again == {"cities": 1, "effects": []}
    await exchange.taker.done(f'processAdoptionWithdraw(id: "{begun["id"]}")', ADOPTION)
    assert (await exchange.giver.ask(f'{{ practice(id: "{offered["id"]}") {{ cities }} }}'))["cities"] == 0


async def test_a_package_has_nothing_of_the_citys_rows_and_people(exchange: Exchange) -> None:
    offered = await exchange.offered()
    text = json.dumps(await exchange.file(offered["id"]), ensure_ascii=False)
    assert UUIDS.findall(text) == []
    rows = await exchange.giver.city.rows("select login, name, email, phone from user_account where tenant_id = $1")
    for row in rows:
        for value in row.values():
            assert not value or value not in text


async def test_what_names_people_is_not_offered_and_its_place_is_told(exchange: Exchange) -> None:
    city = exchange.giver.city
    person = (await city.rows("select name from user_account where tenant_id = $1 limit 1"))[0]["name"]
    deed = "$p: UUID!, $i: PracticeInput! => practicePublish(processId: $p, input: $i)"
    for text, code in (
        (f"Спросите {person.upper()}", "package_names_person"),
        ("Звоните 8 (914) 123-45-67", "package_personal"),
        ("Пишите на clerk@example.org", "package_personal"),
        (f"Дело {exchange.process}", "package_has_id"),
    ):
        card = {"isUnmeasured": True, "description": text}
        answer = await exchange.giver.do(deed, PRACTICE, as_=exchange.giver.owner, p=exchange.process, i=card)
        assert [each["code"] for each in answer["errors"]] == [code]
        assert "description" in answer["errors"][0]["message"]
    assert await city.rows("select 1 from catalogue_package where tenant_id = $1") == []


async def test_it_is_said_that_nothing_was_measured(exchange: Exchange) -> None:
    deed = "$p: UUID!, $i: PracticeInput! => practicePublish(processId: $p, input: $i)"
    asked: dict[str, Any] = {"as_": exchange.giver.owner, "p": exchange.process}
    assert await exchange.giver.codes(deed, PRACTICE, **asked, i={}) == ["package_unmeasured"]
    await cases(exchange.giver.city, exchange.process, [9] * 12, now() - timedelta(days=9), mark="import")
    await cases(exchange.giver.city, exchange.process, [1] * 9, now())
    assert await exchange.giver.codes(deed, PRACTICE, **asked, i={}) == ["package_unmeasured"], "nine are too few"
    await cases(exchange.giver.city, exchange.process, [1] * 3, now())
    made = await exchange.giver.done(deed, PRACTICE, **asked, i={})
    assert (made["effect"]["source"], made["effect"]["verdict"]) == ("import", "shorter"), "the as-is was measured"


async def test_two_who_offer_at_once_get_a_number_each(exchange: Exchange) -> None:
    numbers = [made["no"] for made in await asyncio.gather(*(exchange.offered() for _ in range(3)))]
    assert sorted(numbers) == [1, 2, 3]
    giver = exchange.giver.city.tenant.slug
    listed = await exchange.taker.ask(f'{{ practices(filter: {{text: "{giver}"}}) {{ totalCount }} }}')
    assert listed["totalCount"] == 1, "of each practice its newest number"
    mine = await exchange.giver.ask(
        "{ practices(filter: {isMine: true}, first: 2) { totalCount pageInfo { endCursor } } }"
    )
    assert mine["totalCount"] == 3
    after = mine["pageInfo"]["endCursor"]
    rest = await exchange.giver.ask(
        f'{{ practices(filter: {{isMine: true}}, first: 2, after: "{after}") {{ edges {{ node {{ no }} }} }} }}'
    )
    assert len(rest["edges"]) == 1


async def _runs(exchange: Exchange, version_id: str) -> None:
    """Begin a case of what was taken: it goes by the package's drawing, to whom its role was bound."""
    city, unit = exchange.taker.city, exchange.taker.unit
    worker = await city.user(*WORK, roles=["core.executor"], unit_id=uuid.UUID(unit))
    begin = f'processBegin(process: "permit", title: "Разрешение", unitId: "{unit}")'
    begun = (
        await city.data(f"mutation {{ a: {begin} {{ errors {{ code }} instance {{ versionId }} }} }}", as_=worker)
    )["a"]
    assert begun == {"errors": [], "instance": {"versionId": version_id}}
    items = await city.rows("select title, role_key from work_item where tenant_id = $1")
    assert [tuple(row) for row in items] == [("Зарегистрировать", "core.executor")]
