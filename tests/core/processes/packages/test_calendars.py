"""A timer and a term that name a calendar travel, are bound to one of the other city's, and count by it."""

from __future__ import annotations

import uuid
from datetime import timedelta, timezone
from typing import Any

import pytest

from leancity.core.clock.city import city_calendar
from leancity.core.processes.running.begin import begin
from tests.core.processes.packages.conftest import ADOPTION, Exchange, make_exchange, to_production
from tests.core.processes.running.wall import wall_clock
from tests.core.processes.versions.conftest import MakeWorkshop, Workshop
from tests.core.processes.versions.models import permit

SAKHALIN = timezone(timedelta(hours=11))
REGISTER = '<lean:form key="application"/>'
ADDED = ("late", "told", "later", "told_too")
TIMED = (
    permit()
    .replace(REGISTER, REGISTER + '<lean:term amount="1" unit="working_hours" calendar="shift"/>')
    .replace(
        '<bpmn:endEvent id="issued"',
        '<bpmn:boundaryEvent id="late" attachedToRef="register" cancelActivity="false"><bpmn:extensionElements>'
        '<lean:timer workingHours="3" calendar="shift"/></bpmn:extensionElements><bpmn:timerEventDefinition/>'
        '</bpmn:boundaryEvent><bpmn:endEvent id="told"/><bpmn:sequenceFlow id="f8" sourceRef="late" targetRef="told"/>'
        '<bpmn:boundaryEvent id="later" attachedToRef="register" cancelActivity="false"><bpmn:extensionElements>'
        '<lean:timer workingHours="3"/></bpmn:extensionElements><bpmn:timerEventDefinition/>'
        '</bpmn:boundaryEvent><bpmn:endEvent id="told_too"/>'
        '<bpmn:sequenceFlow id="f10" sourceRef="later" targetRef="told_too"/>'
        '<bpmn:endEvent id="issued"',
    )
    .replace(
        "<bpmn:flowNodeRef>register</bpmn:flowNodeRef>",
        "".join(f"<bpmn:flowNodeRef>{each}</bpmn:flowNodeRef>" for each in ("register", *ADDED)),
    )
)
SET = '$k: String!, $v: JSON! => customChange(collection: "core.calendars", key: $k, values: $v)'
RESET = '$k: String! => customReset(collection: "core.calendars", key: $k)'
ITEM = "errors { field code } item { key }"
NIGHT = {"weekly": ["20:00-24:00"] * 7, "country": ""}


async def has_calendar(shop: Workshop, key: str, week: dict[str, Any] = NIGHT) -> Any:
    chief = await shop.city.user("core.settings.change")
    await shop.done(SET, ITEM, as_=chief, k=key, v=week)
    return chief


async def bindings_of(exchange: Exchange, adoption_id: str) -> dict[str, tuple[str, str]]:
    """Return the calendars of a package: what each is here, and what is suggested."""
    names = "names { name { kind key detail } target suggested }"
    found = await exchange.taker.ask(f'{{ processAdoption(id: "{adoption_id}") {{ {names} }} }}')
    return {
        each["name"]["key"]: (each["target"], each["suggested"])
        for each in found["names"]
        if each["name"]["kind"] == "calendar"
    }


async def test_timers_count_by_the_calendar_that_a_person_bound(
    make_workshop: MakeWorkshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    giver, taker = await make_workshop(), await make_workshop()
    await has_calendar(giver, "shift")
    exchange = await make_exchange(giver, taker, TIMED)
    begun = await exchange.begun((await exchange.offered())["id"])
    assert await bindings_of(exchange, begun["id"]) == {"office": ("", "office"), "shift": ("", "")}
    strange = [{"kind": "calendar", "key": "shift", "target": "night"}]
    deed = "$id: UUID!, $b: [AdoptionBinding!]! => processAdoptionBind(id: $id, bindings: $b)"
    assert await taker.codes(deed, ADOPTION, id=begun["id"], b=strange) == ["not_found"]
    chief = await has_calendar(taker, "night")
    await has_calendar(taker, "morning", {"weekly": ["06:00-12:00"] * 7, "country": ""})
    names = [
        {"kind": "role", "key": "core.executor", "target": "core.executor"},
        {"kind": "unit", "key": "permits", "target": taker.unit},
        {"kind": "calendar", "key": "office", "target": "morning"},
    ]
    await exchange.bind(begun["id"], [*strange, *names])
    landed = await exchange.landed(begun["id"])
    await to_production(taker, landed["versionId"])

    worker = await taker.city.user(
        "core.task.work", "core.process.read", "core.case.read", roles=["core.executor"], unit_id=uuid.UUID(taker.unit)
    )
    with wall_clock(SAKHALIN, monkeypatch) as wall:
        wall.put("2026-11-25 07:30")
        async with taker.city.serving(as_=worker):
            await begin("permit", {}, title="Разрешение", unit_id=uuid.UUID(taker.unit))
    timers = await taker.city.rows("select node_id, due_at from process_timer where tenant_id = $1")
    due = {row["node_id"]: f"{row['due_at'].astimezone(SAKHALIN):%d %H:%M}" for row in timers}
    assert due == {"late": "25 23:00", "later": "25 10:30"}, "three hours of the night, and of the morning"
    (item,) = await taker.city.rows("select due_at from work_item where tenant_id = $1")
    assert f"{item['due_at'].astimezone(SAKHALIN):%d %H:%M}" == "25 21:00"

    # What processes count by doesn't go, and a drawing that names what is not there is not let to the stand.
    assert await taker.codes(RESET, ITEM, as_=chief, k="night") == ["calendar_in_use"]
    drawn = await taker.uploaded(landed["processId"], TIMED.replace('"shift"', '"nowhere"'))
    findings = await taker.ask(f'{{ processVersion(id: "{drawn["id"]}") {{ findings {{ code element }} }} }}')
    told = {(each["code"], each["element"]) for each in findings["findings"]}
    assert {("bpmn_calendar_unknown", "late"), ("bpmn_calendar_unknown", "register")} <= told


async def test_a_city_keeps_further_calendars_with_days_of_their_own(make_workshop: MakeWorkshop) -> None:
    shop = await make_workshop()
    chief = await has_calendar(shop, "shift")
    day = '$k: String!, $v: JSON! => customChange(collection: "core.calendar_days", key: $k, values: $v)'
    await shop.done(day, ITEM, as_=chief, k="shift/2026-12-26", v={"kind": "holiday", "reason": "Ремонт"})
    assert await shop.codes(day, ITEM, as_=chief, k="other/2026-12-26", v={"kind": "holiday"}) == ["not_found"]
    assert await shop.codes(SET, ITEM, as_=chief, k="office", v=NIGHT) == ["custom_key_unknown"]
    assert await shop.codes(SET, ITEM, as_=chief, k="x", v={"weekly": ["9-18"] * 7}) == ["calendar_invalid"]
    async with shop.city.serving():
        shift, office = await city_calendar("shift"), await city_calendar()
    assert [each.reason for each in shift.overrides] == ["Ремонт"] and office.overrides == ()
    await shop.done(RESET, ITEM, as_=chief, k="shift")
    history = await shop.city.rows("select collection, key from custom_change where tenant_id = $1 order by at, id")
    assert [tuple(row) for row in history] == [
        ("core.calendars", "shift"),
        ("core.calendar_days", "shift/2026-12-26"),
        ("core.calendars", "shift"),
    ]
