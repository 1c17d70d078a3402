"""The city's working time: shown, changed, refused; what was promised before stays."""

from __future__ import annotations

from typing import Any

from tests.graphql.kernel.conftest import Office

SHOWN = "calendar { zone weekly country shortBy days { day kind hours reason } } errors { field code }"
WEEK = ["08:00-12:00 13:00-17:00"] * 5 + ["", ""]


async def change(office: Office, call: str) -> dict[str, Any]:
    chief = await office.city.user("core.settings.change", "core.unit.read")
    data = await office.city.data(f"mutation {{ done: {call} {{ {SHOWN} }} }}", as_=chief)
    payload: dict[str, Any] = data["done"]
    return payload


async def test_hours_and_days_are_the_citys_own(office: Office) -> None:
    before = (await office.city.data("{ workCalendar { weekly country } }", as_=office.dispatcher))["workCalendar"]
    assert before == {"weekly": ["09:00-13:00 14:00-18:00"] * 5 + ["", ""], "country": "RU"}
    week = ", ".join(f'"{hours}"' for hours in WEEK)
    changed = await change(office, f"workHoursSet(weekly: [{week}], shortBy: 30)")
    assert (changed["calendar"]["weekly"], changed["calendar"]["shortBy"]) == (WEEK, 30)
    for hours in ("10:00-12:00", "10:00-14:00"):
        changed = await change(
            office, f'workDaySet(day: "2026-12-26", kind: FULL, hours: "{hours}", reason: "Суббота рабочая")'
        )
    assert changed["calendar"]["days"] == [
        {"day": "2026-12-26", "kind": "FULL", "hours": "10:00-14:00", "reason": "Суббота рабочая"}
    ]
    cleared = await change(office, 'workDayClear(day: "2026-12-26")')
    assert cleared["calendar"]["days"] == []


async def test_what_is_no_calendar_is_refused_and_changes_nothing(office: Office) -> None:
    for call, field in (
        ('workHoursSet(weekly: ["09:00-18:00"])', "weekly"),
        ('workHoursSet(weekly: ["9-18", "", "", "", "", "", ""])', "weekly"),
        ('workHoursSet(weekly: ["09:00-18:00", "", "", "", "", "", ""], country: "Narnia")', "weekly"),
        ('workDaySet(day: "2026-12-31", kind: FULL, hours: "25:00-26:00", reason: "x")', "day"),
    ):
        refused = await change(office, call)
        assert refused["calendar"] is None
        assert refused["errors"] == [{"field": field, "code": "calendar_invalid"}]
    kept = await office.city.data("{ workCalendar { weekly days { day } } }", as_=office.dispatcher)
    assert kept["workCalendar"]["weekly"][0] == "09:00-13:00 14:00-18:00"
    assert kept["workCalendar"]["days"] == []


async def test_a_term_that_was_promised_stays(office: Office) -> None:
    case = (await office.filed())["id"]
    query = f'{{ case(id: "{case}") {{ dueAt }} }}'
    promised = await office.city.data(query, as_=office.dispatcher)
    await change(office, 'workHoursSet(weekly: ["00:00-24:00", "", "", "", "", "", ""])')
    assert await office.city.data(query, as_=office.dispatcher) == promised
