"""The figures of small logs, each counted by hand with the calendar on the wall."""

from __future__ import annotations

import pytest

from tests.core.processes.figures.conftest import Bureau

HOUR = 3600
SPREAD = "{ n median p85 p95 total isFew }"


def monday(hour: int, minute: int = 0) -> str:
    """Return a time of Monday, 1 June 2026, a full working day."""
    return f"2026-06-01 {hour:02}:{minute:02}"


async def test_times_of_a_case_are_split_by_who_it_waited_for(bureau: Bureau) -> None:
    # Registered 9:00-10:00. Lies from 10:00; begun at 11:00, done at 15:00: four hours on the wall less the lunch from
    # 13 to 14 are three of work. So 6 - 1 = 5 hours of lead time, 4 of touch, 1 of waiting in the queue.
    bureau.load([
        ("A", "register", monday(9), monday(9), monday(10), "post"),
        ("A", "check", "", monday(11), monday(15), "post"),
    ])  # fmt: skip
    found = await bureau.ask(
        "processFigures",
        f"opened closed open lead {SPREAD} leadCalendar {SPREAD} processing {SPREAD} waiting {SPREAD} queue {SPREAD}"
        " labourS efficiency cycleEfficiency firstPassYield errorRate onTimeRate isFew throughputPerDay",
        since="2026-06-01",
        until="2026-06-05",
    )
    assert (found["opened"], found["closed"], found["open"]) == (1, 1, 0)
    assert found["lead"]["median"] == 5 * HOUR and found["leadCalendar"]["median"] == 6 * HOUR
    assert found["processing"]["median"] == 4 * HOUR
    assert found["waiting"]["median"] == found["queue"]["median"] == HOUR
    assert found["labourS"] == 4 * HOUR and found["efficiency"] == pytest.approx(4 / 5)
    assert found["cycleEfficiency"] is None  # no step is classed
    assert found["onTimeRate"] is None  # nothing was promised
    assert (found["firstPassYield"], found["errorRate"], found["isFew"]) == (1, 0, True)
    assert found["throughputPerDay"] == pytest.approx(1 / 5)  # Monday to Friday


async def test_steps_beside_one_another_are_touched_once(bureau: Bureau) -> None:
    # 9-11 and 10-12 side by side: three hours of touch, four of labour.
    bureau.load([
        ("A", "lawyer", monday(9), monday(9), monday(11), ""),
        ("A", "engineer", monday(9), monday(10), monday(12), ""),
    ])  # fmt: skip
    found = await bureau.ask("processFigures", f"lead {SPREAD} processing {SPREAD} labourS")
    assert found["lead"]["median"] == found["processing"]["median"] == 3 * HOUR
    assert found["labourS"] == 4 * HOUR


async def test_suspensions_are_no_work(bureau: Bureau) -> None:
    # Scheduled at 9, assigned at 9:30, started at 10, suspended 10:30-11:30, done at 12: queue 30 min, claimed 30 min,
    # suspended an hour, worked an hour.
    header = ("case", "activity", "timestamp", "lifecycle:transition")
    lines = [("schedule", 9, 0), ("assign", 9, 30), ("start", 10, 0), ("suspend", 10, 30), ("resume", 11, 30)]
    rows = [("A", "check", monday(hour, minute), said) for said, hour, minute in [*lines, ("complete", 12, 0)]]
    bureau.load(rows, header=header)
    (node,) = await bureau.ask(
        "processNodeFigures",
        f"nodeId visits queue {SPREAD} claimed {SPREAD} suspended {SPREAD} processing {SPREAD} waiting {SPREAD}"
        " waitingShare correct firstPass mostPerDay open",
    )
    medians = {name: value["median"] for name, value in node.items() if isinstance(value, dict)}
    assert medians == {
        "queue": HOUR / 2, "claimed": HOUR / 2, "suspended": HOUR, "processing": HOUR, "waiting": 2 * HOUR
    }  # fmt: skip
    assert (node["visits"], node["waitingShare"], node["correct"], node["mostPerDay"], node["open"]) == (1, 1, 1, 1, 0)


async def test_percentiles_are_exact_and_few_cases_are_marked(bureau: Bureau) -> None:
    # Ten cases of 1, 2 … 10 hours, each begun at 9 of a Monday of its own; beyond 4 hours the lunch, beyond 8 the night
    # lie between, which no clock of work counts.
    ends = ["10:00", "11:00", "12:00", "13:00", "15:00", "16:00", "17:00", "18:00"]
    days = ["12", "19", "26", "02", "09", "16", "23", "30"]
    months = ["01"] * 3 + ["02"] * 3
    rows = [
        (f"C{n}", "do", "", f"2026-{month}-{day} 09:00", f"2026-{month}-{day} {end}", "")
        for n, (end, day, month) in enumerate(zip(ends[:6], days[:6], months, strict=True))
    ]
    bureau.load(rows)
    lead = (await bureau.ask("processFigures", f"lead {SPREAD}"))["lead"]
    # 1 … 6 hours: the median is 3.5; p85 lies at place 0.85 * 5 = 4.25 behind the first: 5.25; p95 at 4.75: 5.75.
    assert lead == {
        "n": 6, "median": 3.5 * HOUR, "p85": 5.25 * HOUR, "p95": 5.75 * HOUR, "total": 21 * HOUR, "isFew": False
    }  # fmt: skip
    january = (await bureau.ask("processFigures", f"lead {SPREAD}", until="2026-01-31"))["lead"]
    assert (january["n"], january["median"], january["isFew"]) == (3, 2 * HOUR, True)
    months_of = await bureau.ask("processSeries", "key closed lead { median }", ", by: MONTH")
    assert [(part["key"], part["closed"], part["lead"]["median"]) for part in months_of] == [
        ("2026-01", 3, 2 * HOUR), ("2026-02", 3, 5 * HOUR)
    ]  # fmt: skip


async def test_rework_and_the_yields(bureau: Bureau) -> None:
    # Of four cases one comes to `check` twice: its first check was faulty. Of five checks one is wrong (4/5), of four
    # registrations none; rolled that is 0.8. Three of four cases went through at once.
    rows = []
    for case in "ABCD":
        rows += [(case, "register", "", monday(9), monday(10), ""), (case, "check", "", monday(10), monday(11), "")]
    rows.append(("D", "check", "", monday(12), monday(13), ""))
    bureau.load(rows)
    found = await bureau.ask("processFigures", "firstPassYield rolledYield nodes { nodeId correct firstPass visits }")
    assert found["firstPassYield"] == 0.75 and found["rolledYield"] == pytest.approx(0.8)
    check = next(node for node in found["nodes"] if node["nodeId"] == "check")
    assert (check["visits"], check["correct"], check["firstPass"]) == (5, 0.8, 0.6)


async def test_open_cases_are_counted_and_not_timed(bureau: Bureau) -> None:
    header = ("case", "activity", "timestamp", "lifecycle:transition")
    rows = [
        ("A", "check", monday(9), "start"),
        ("B", "check", monday(9), "start"),
        ("B", "check", monday(10), "complete"),
    ]
    bureau.load(rows, header=header)
    found = await bureau.ask("processFigures", "opened closed open lead { n } nodes { open }", since="2026-06-01")
    assert found == {"opened": 2, "closed": 1, "open": 1, "lead": {"n": 1}, "nodes": [{"open": 1}]}


async def test_littles_law_holds_where_cases_come_and_go_evenly(bureau: Bureau) -> None:
    # Each working day of two weeks one case of four hours: half a case is open on average, and a case a day of half a
    # day says the same.
    days = [f"2026-06-{day:02}" for day in (1, 2, 3, 4, 5, 8, 9, 10, 11)]  # the 12th is Russia Day
    bureau.load([(day, "do", "", f"{day} 09:00", f"{day} 13:00", "") for day in days])
    found = await bureau.ask(
        "processFigures",
        "workingDays takeS: taktS balance { wip expected deviation isPlausible }",
        since="2026-06-01",
        until="2026-06-14",
    )
    # The 11th, before the holiday, is an hour shorter: 8 * 8 + 7 = 71 hours.
    assert found["workingDays"] == pytest.approx(71 / 8)
    assert found["takeS"] == pytest.approx(71 * HOUR / 9)
    assert found["balance"]["wip"] == pytest.approx(36 / 71)
    assert found["balance"]["deviation"] == pytest.approx(0) and found["balance"]["isPlausible"]


async def test_what_is_another_citys_or_nobodys_is_not_there(bureau: Bureau, make_city: object) -> None:
    query = "query ($id: UUID!) { processFigures(cut: {processId: $id}) { closed } }"
    no_right = await bureau.city.user()
    denied = await bureau.city.graphql(query, {"id": str(bureau.process)}, as_=no_right)
    assert denied["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    other = await make_city()  # type: ignore[operator]
    reader = await other.user("core.process.read")
    answer = await other.graphql(query, {"id": str(bureau.process)}, as_=reader)
    assert answer["data"]["processFigures"] is None and answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_a_period_that_is_none_is_refused(bureau: Bureau) -> None:
    query = "query ($id: UUID!, $since: Date, $until: Date) {\
        processFigures(cut: {processId: $id, since: $since, until: $until}) { closed } }"
    for since, until, code in (
        ("2026-06-02", "2026-06-01", "PERIOD_BACKWARDS"),
        ("1900-01-01", "2026-06-01", "PERIOD_OUTSIDE"),
        ("2026-01-01", "2999-06-01", "PERIOD_OUTSIDE"),
    ):
        variables = {"id": str(bureau.process), "since": since, "until": until}
        answer = await bureau.city.graphql(query, variables, as_=bureau.analyst)
        assert answer["errors"][0]["extensions"]["code"] == code
