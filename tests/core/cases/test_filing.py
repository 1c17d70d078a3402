"""Filing: numbers, what is checked, what is told."""

import asyncio
import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from leancity.core.audit.tables import AuditRow
from leancity.core.cases.filing import Filing, file_case, find_external
from leancity.core.cases.numbers import draw_number
from leancity.core.cases.tables import CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Forbidden, NotSignedIn, Refused
from leancity.core.jobs.tables import JobRow
from leancity.core.plugins.gate import ModuleClosed
from tests.core.cases.town import NewTown, Town, events, filed, person, refused


async def test_a_case_begins_in_the_initial_state_with_its_event_its_audit_row_and_its_listeners(desk: Town) -> None:
    case = await filed(text="Глубокая", unit_id=desk.road_unit, data={"channel": "web"})
    assert [case.status, case.outcome, case.version, case.unit_id] == ["new", None, 1, desk.road_unit]
    assert case.author_id == desk.clerk.id
    assert re.fullmatch(r"RQ-\d{4}-000001", case.number)
    (first,) = await events(case.id)
    assert (first.kind, first.status, first.at, first.actor_id) == (
        "state_entered",
        "new",
        case.opened_at,
        desk.clerk.id,
    )
    assert '"channel": "web"' in first.data
    async with tenant_tx():
        audit = await AuditRow.objects().where(AuditRow.subject_id == case.id)
        jobs = await JobRow.objects().where(JobRow.name == "core.deliver")
        stored = await CaseRecord.objects().get(CaseRecord.id == case.id)
    assert [row.action for row in audit] == ["core.case.state_entered"]
    assert "Глубокая" not in audit[0].data
    assert len(jobs) == 1
    assert str(case.id) in jobs[0].payload
    assert stored is not None
    assert stored.due_at == case.due_at


async def test_numbers_count_per_kind_and_year_of_the_city_and_never_twice(desk: Town) -> None:
    cases = await asyncio.gather(*(filed() for _ in range(12)))
    assert len({case.number for case in cases}) == 12
    old = await filed(opened_at=datetime(2019, 12, 31, 13, 30, tzinfo=UTC))  # 00:30 on 1 January in Sakhalin
    assert old.number == "RQ-2020-000001"
    assert (await filed(kind="park.issue")).number.endswith("-000001")


async def test_a_number_drawn_before_outlives_a_filing_that_fails(desk: Town) -> None:
    number = await draw_number("desk.request")

    async def a_module_fails() -> None:
        async with tenant_tx(write=True):
            await file_case("desk.request", Filing(title="x"), number=number)
            raise RuntimeError("the module failed")

    with pytest.raises(RuntimeError, match="the module failed"):
        await a_module_fails()
    async with tenant_tx():
        assert not await CaseRecord.exists()
    assert (await filed()).number == number[:-1] + "2"


async def test_every_mistake_is_named_at_once(desk: Town) -> None:
    later = datetime.now(UTC) + timedelta(minutes=1)
    with pytest.raises(Refused) as caught:
        await filed(title=" \0 ", text="x" * 20_001, opened_at=later, source="crm")
    assert [(p.code, p.field) for p in caught.value.problems] == [
        ("required", "title"),
        ("too_long", "text"),
        ("case_opened_at_unlikely", "opened_at"),
        ("required", "external_id"),
    ]


@pytest.mark.parametrize("moment", [datetime(2024, 1, 1), datetime(1999, 12, 31, tzinfo=UTC)])  # noqa: DTZ001
async def test_unlikely_moments_of_opening_are_refused(desk: Town, moment: datetime) -> None:
    with refused("case_opened_at_unlikely", "opened_at"):
        await filed(opened_at=moment)


async def test_a_reference_to_nothing_is_refused(desk: Town) -> None:
    with refused("not_found", "unit_id"):
        await filed(unit_id=uuid.uuid4())
    with refused("not_found", "author_id"):
        await filed(author_id=uuid.uuid4())


async def test_a_source_lets_its_case_in_once(desk: Town) -> None:
    case = await filed(source="crm", external_id="17")
    with refused("case_known", "external_id"):
        await filed(source="crm", external_id="17")
    await filed(source="other", external_id="17")
    assert await find_external("crm", "17") == case.id
    assert await find_external("crm", "18") is None


async def test_text_keeps_what_postgresql_can_keep(desk: Town) -> None:
    case = await filed(title="a\0b\ud800 😀", source="crm\0", external_id=" 1 ")
    assert (case.title, case.source, case.external_id) == ("ab 😀", "crm", "1")
    assert await find_external("crm\0", "1 ") == case.id


async def test_who_may_file(town: Town, new_town: NewTown) -> None:
    async with town.city.serving(as_stranger=True):
        assert (await filed()).author_id is None
        with pytest.raises(NotSignedIn):
            await filed(kind="park.issue")
    async with town.city.serving():
        nobody = await person("core.case.read")
    async with town.city.serving(as_=nobody):
        with pytest.raises(Forbidden):
            await filed(kind="park.issue")
        with refused("not_found", "kind"):
            await filed(kind="desk.unheard_of")
    without_park = await new_town("desk")
    async with without_park.city.serving():
        with pytest.raises(ModuleClosed):
            await filed(kind="park.issue")
