"""Figures that a city watches: configured by it, read with their bands and the period before, silent about persons."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from leancity.core.identity.units import create_unit
from leancity.core.moment import now
from leancity.core.processes.figures.cut import Cut
from leancity.core.processes.figures.totals import process_figures
from leancity.core.processes.reports.measures import MEASURES
from leancity.core.processes.versions.processes import ProcessCard, create_process
from leancity.core.testing.city import City, TestUser
from tests.core.processes.reports.analytics import HOUR, make_cases

FIELDS = "id title measure { key unit } cut days goodAt badAt place version"
VALUE = "key n value band before beforeN"
READ = f"{{ processIndicators {{ {FIELDS} reading {{ whole {{ {VALUE} }} parts {{ {VALUE} unit {{ key }} }} }} }} }}"
CREATE = f"""mutation ($input: ProcessIndicatorInput!) {{ answer: processIndicatorCreate(input: $input) {{
  errors {{ field code }} indicator {{ {FIELDS} }} }} }}"""
OTHER = """mutation ($id: UUID!, $input: ProcessIndicatorInput!, $version: Int) {
  answer: processIndicatorChange(id: $id, input: $input, expectedVersion: $version) {
  errors { field code } indicator { title version } } }"""


class _Desk:
    def __init__(self, city: City, analyst: TestUser) -> None:
        self.city, self.analyst = city, analyst

    async def create(self, measure: str, **more: Any) -> Any:
        data = await self.city.data(CREATE, {"input": {"measure": measure, **more}}, as_=self.analyst)
        return data["answer"]

    async def made(self, measure: str, **more: Any) -> Any:
        answer = await self.create(measure, **more)
        assert answer["errors"] == []
        return answer["indicator"]

    async def read(self) -> list[Any]:
        found: list[Any] = (await self.city.data(READ, as_=self.analyst))["processIndicators"]
        return found


async def desk_in(make_city: Callable[..., Awaitable[City]]) -> _Desk:
    city = await make_city()
    return _Desk(city, await city.user("core.process.read", "core.process.change", "core.unit.read"))


async def test_a_city_configures_what_it_watches(make_city: Callable[..., Awaitable[City]]) -> None:
    desk = await desk_in(make_city)
    measures = "{ processIndicatorMeasures { key title unit lowerIsBetter } }"
    offered = (await desk.city.data(measures, as_=desk.analyst, locale="ru"))["processIndicatorMeasures"]
    assert [each["key"] for each in offered] == [*MEASURES]
    assert offered[0] == {
        "key": "lead_p50", "title": "Срок исполнения, медиана", "unit": "SECONDS", "lowerIsBetter": True,
    }  # fmt: skip
    first = await desk.made("on_time_rate", goodAt=0.9, badAt=0.7)
    second = await desk.made("wip", title="Сколько в работе")
    assert (first["title"], first["place"], second["title"], second["place"]) == (
        "Share on time", 1, "Сколько в работе", 2,
    )  # fmt: skip
    move = "mutation ($id: UUID!, $place: Int!) { answer: processIndicatorMove(id: $id, place: $place) {"
    move += " errors { field code } indicators { measure { key } } } }"
    moved = (await desk.city.data(move, {"id": second["id"], "place": 1}, as_=desk.analyst))["answer"]
    assert [each["measure"]["key"] for each in moved["indicators"]] == ["wip", "on_time_rate"]
    far = (await desk.city.data(move, {"id": second["id"], "place": 3}, as_=desk.analyst))["answer"]
    assert far["errors"] == [{"field": "place", "code": "process_number_outside"}]
    changed = {"id": first["id"], "input": {"measure": "lead_p85", "days": 30}, "version": first["version"]}
    done = (await desk.city.data(OTHER, changed, as_=desk.analyst))["answer"]
    assert (done["errors"], done["indicator"]["title"]) == ([], "Lead time, 85 %")
    again = (await desk.city.data(OTHER, changed, as_=desk.analyst))["answer"]
    assert again["errors"] == [{"field": "expectedVersion", "code": "process_changed"}]
    remove = "mutation ($id: UUID!) { answer: processIndicatorRemove(id: $id) { errors { code } } }"
    assert (await desk.city.data(remove, {"id": second["id"]}, as_=desk.analyst))["answer"]["errors"] == []
    assert [each["measure"]["key"] for each in await desk.read()] == ["lead_p85"]


async def test_what_contradicts_itself_is_refused_by_its_field(make_city: Callable[..., Awaitable[City]]) -> None:
    desk = await desk_in(make_city)
    assert (await desk.create("lead_p50", goodAt=100, badAt=50))["errors"] == [
        {"field": "badAt", "code": "process_indicator_lower_better"}
    ]
    assert (await desk.create("on_time_rate", goodAt=0.5, badAt=0.5))["errors"] == [
        {"field": "badAt", "code": "process_indicator_higher_better"}
    ]
    wrong = await desk.create("luck", days=0, processId="00000000-0000-0000-0000-000000000001", goodAt=-1)
    assert [each["field"] for each in wrong["errors"]] == ["measure", "days", "goodAt", "processId"]
    assert await desk.read() == [], "a refused indicator leaves nothing"
    reader = await desk.city.user("core.process.read")
    answer = await desk.city.graphql(CREATE, {"input": {"measure": "wip"}}, as_=reader)
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_reading_has_its_band_its_parts_and_the_period_before(
    make_city: Callable[..., Awaitable[City]],
) -> None:
    desk = await desk_in(make_city)
    async with desk.city.serving():
        roads, parks = await create_unit("roads", "Roads"), await create_unit("parks", "Parks")
        process = await create_process(ProcessCard(key="permit", title="Permit"))
    day, last = timedelta(days=1), now() - timedelta(hours=1)
    await make_cases(desk.city, process.id, 6, last=last, hours=(8, 2), every=day, unit_id=roads, is_on_time=True)
    await make_cases(desk.city, process.id, 2, last=last, hours=(4, 1), every=day, unit_id=parks, is_on_time=False)
    await make_cases(desk.city, process.id, 7, last=last - 12 * day, hours=(16, 2), every=day / 2, unit_id=roads)
    await make_cases(desk.city, process.id, 9, last=last, hours=(1, 1), every=day, mark="import")
    more = {"days": 10, "cut": "UNIT", "processId": str(process.id)}
    await desk.made("lead_p50", goodAt=8 * HOUR, badAt=16 * HOUR, **more)
    await desk.made("on_time_rate", goodAt=0.9, badAt=0.8, **more)
    await desk.made("waiting_share", days=10, cut="MARK")
    await desk.made("throughput_per_day", days=10, goodAt=0)
    lead, on_time, waiting, throughput = await desk.read()
    assert lead["reading"]["whole"] == {
        "key": "", "n": 8, "value": 8 * HOUR, "band": "GOOD", "before": 16 * HOUR, "beforeN": 7,
    }  # fmt: skip
    units = {each["unit"]["key"]: each for each in lead["reading"]["parts"]}
    assert (units["roads"]["value"], units["roads"]["band"], units["roads"]["beforeN"]) == (8 * HOUR, "GOOD", 7)
    assert (units["parks"]["n"], units["parks"]["value"], units["parks"]["band"]) == (2, None, "TOO_FEW")
    assert on_time["reading"]["whole"]["value"] == 6 / 8
    assert (on_time["reading"]["whole"]["band"], on_time["reading"]["whole"]["before"]) == ("BAD", None)
    marks = {each["key"]: each["value"] for each in waiting["reading"]["parts"]}
    assert marks == {"production": pytest.approx(1 - (6 * 2 + 2) / (6 * 8 + 2 * 4)), "import": 0}
    assert throughput["reading"]["whole"]["band"] == "GOOD"


async def test_every_measure_says_what_the_figures_of_its_process_say(
    make_city: Callable[..., Awaitable[City]],
) -> None:
    desk = await desk_in(make_city)
    async with desk.city.serving():
        process = await create_process(ProcessCard(key="permit", title="Permit"))
    await make_cases(desk.city, process.id, 8, last=now() - timedelta(hours=1), hours=(9, 3), is_faulty=True)
    for measure in MEASURES:
        await desk.made(measure, processId=str(process.id), days=30)
    read = {each["measure"]["key"]: each["reading"]["whole"] for each in await desk.read()}
    async with desk.city.serving():
        figures = await process_figures(
            Cut(process_id=process.id, since=(now() - timedelta(days=29)).date(), until=None)
        )
    said = {key: each["value"] for key, each in read.items()}
    assert said["lead_p85"] == figures.lead.p85 == 9 * HOUR
    assert said["processing_p50"] == figures.processing.median == 3 * HOUR
    assert said["waiting_p50"] == figures.waiting.median
    assert said["waiting_queue_p50"] == figures.queue.median
    assert (said["first_pass_yield"], said["error_rate"]) == (figures.first_pass_yield, figures.error_rate) == (0, 1)
    assert said["efficiency"] == pytest.approx(figures.efficiency)
    assert said["labour_hours"] * HOUR == pytest.approx(figures.labour_s)
    assert (said["wip"], said["overdue"], said["cost_a_year"], said["cycle_efficiency"]) == (0, 0, None, None)


async def test_what_ran_only_in_the_period_before_is_there_with_every_measure(
    make_city: Callable[..., Awaitable[City]],
) -> None:
    desk = await desk_in(make_city)
    async with desk.city.serving():
        process = await create_process(ProcessCard(key="permit", title="Permit"))
    await make_cases(desk.city, process.id, 6, last=now() - timedelta(days=12), every=timedelta(hours=12))
    for measure in MEASURES:
        await desk.made(measure, processId=str(process.id), days=10, cut="MARK")
    for each in await desk.read():
        (part,) = each["reading"]["parts"] or [each["reading"]["whole"]]
        assert part["n"] == 0, each["measure"]
