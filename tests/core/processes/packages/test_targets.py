"""The terms of the kind of case travel with a practice, and hold in the other city if it says so."""

from __future__ import annotations

from tests.core.processes.packages.conftest import ADOPTION, NONE, make_exchange
from tests.core.processes.packages.test_upgrading import LAND
from tests.core.processes.versions.conftest import CHANGE, READ, MakeWorkshop

KIND = "mayor_assignments.assignment"
KEY = f"{KIND}/*/target"
TARGETS = "targets { address title isKnown isAlike theirs { amount unit source } mine { amount unit } }"
SET = '$k: String!, $v: JSON! => customChange(collection: "core.targets", key: $k, values: $v)'


async def test_terms_are_shown_and_taken_where_the_city_says_so(make_workshop: MakeWorkshop) -> None:
    giver, taker = await make_workshop("mayor_assignments"), await make_workshop("mayor_assignments")
    chief = await giver.city.user("core.settings.change")
    item = "errors { code } item { key }"
    act = {"amount": 9, "unit": "working_days", "source": "Распоряжение № 7"}
    await giver.done(SET, item, as_=chief, k=KEY, v=act)
    await giver.done(SET, item, as_=chief, k=f"{KIND}/reported/legal", v={"amount": 2})
    exchange = await make_exchange(giver, taker, case_kind=KIND)
    offered = await exchange.offered()
    shown = await taker.ask(
        f'{{ practice(id: "{offered["id"]}") {{ content {{ caseTargets {{ stage kind amount unit start }} }} }} }}'
    )
    assert {(each["stage"], each["kind"], each["amount"]) for each in shown["content"]["caseTargets"]} == {
        ("*", "baseline", 70),
        ("*", "target", 9),
        ("reported", "legal", 2),
    }
    begun = await exchange.begun(offered["id"])
    await exchange.bound(begun["id"])
    found = (await taker.ask(f'{{ processAdoption(id: "{begun["id"]}") {{ {TARGETS} }} }}'))["targets"]
    told = {each["address"]: each for each in found}
    assert {address: each["isAlike"] for address, each in told.items()} == {
        "targets/*/baseline": True,
        "targets/*/target": False,
        "targets/reported/legal": False,
    }
    assert told["targets/*/target"] == {
        "address": "targets/*/target",
        "title": "Поручение мэра",
        "isKnown": True,
        "isAlike": False,
        "theirs": act,
        "mine": {"amount": 15, "unit": "calendar_days"},
    }
    assert (told["targets/reported/legal"]["title"], told["targets/reported/legal"]["mine"]) == (
        "Доклад на проверке",
        None,
    )

    # Who draws processes may not set the city's terms; then nothing of it lands.
    taken = {**NONE, "key": "taken", "choices": [{"address": "targets/*", "take": "theirs"}]}
    query = f"mutation ($id: UUID!, $i: AdoptionLanding!) {{ {LAND.partition(' => ')[2]} {{ {ADOPTION} }} }}"
    refused = await taker.city.graphql(query, {"id": begun["id"], "i": taken}, as_=taker.analyst)
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert await taker.city.rows("select 1 from process where tenant_id = $1 and key = 'taken'") == []
    both = await taker.city.user(READ, CHANGE, "core.settings.change")
    await taker.done(LAND, ADOPTION, as_=both, id=begun["id"], i=taken)
    rows = await taker.city.rows("select key from custom_item where tenant_id = $1 and collection = 'core.targets'")
    assert [row["key"] for row in rows] == [KEY], "the other was not asked for"
    again = (await taker.ask(f'{{ processAdoption(id: "{begun["id"]}") {{ {TARGETS} }} }}'))["targets"]
    assert {each["address"]: each["isAlike"] for each in again} == {
        "targets/*/baseline": True,
        "targets/*/target": True,
        "targets/reported/legal": False,
    }
    history = await taker.city.rows("select source from custom_change where tenant_id = $1 and key = $2", KEY)
    assert [row["source"] for row in history] == [f"package:{giver.city.tenant.slug}/permit@1"]
