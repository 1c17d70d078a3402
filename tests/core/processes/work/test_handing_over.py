"""Open work goes with its case to the unit that takes it over."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.tables import OrgUnit
from leancity.core.processes.versions.tables import LaneBinding
from tests.core.processes.work.conftest import WORKER, Office
from tests.core.processes.work.handing_over import handed_over

_LOG = "select transition, user_id, unit_id from process_event where tenant_id = $1 and step_id = $2 order by at, id"
_FACT = "select opened_at, opened_w, closed_at from process_case_fact where tenant_id = $1 and id = $2"
_STEP = "select unit_id, user_id from process_step_fact where tenant_id = $1 and id = $2"
_TOLD = "select event from notification where tenant_id = $1 and user_id = $2 order by at, id"
_MINE = "{ notifications(first: 10) { edges { node { text caseId } } } }"


async def found(office: Office, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await office.city.rows(sql, *values)]


async def test_what_was_offered_to_a_unit_follows_the_case(office: Office) -> None:
    city, clerk = office.city, office.clerk
    dispatcher = await city.user("core.case.read", "core.case.assign")
    gardener = await city.user(*WORKER, "core.case.accept@unit", unit_id=office.parks)
    begun = await office.begin()
    fact = await found(office, _FACT, begun.id)
    (item,) = await office.items(clerk)
    assert (await office.do("Start", item, clerk))["errors"] == []
    await city.run_jobs()
    await handed_over(city, str(begun.case_id), office.parks, by=dispatcher, to=gardener)
    await city.run_jobs()

    assert (await office.items(clerk), await office.items(office.colleague)) == ([], [])
    (there,) = await office.items(gardener)
    assert (there["id"], there["state"], there["assignee"]) == (item["id"], "OPEN", None)
    id_ = uuid.UUID(item["id"])
    log = await found(office, _LOG, id_)
    assert [line[0] for line in log] == ["schedule", "assign", "start", "suspend", "reassign"]
    assert log[-1][2] == office.parks
    assert await found(office, _STEP, id_) == [(office.parks, None)]
    assert await found(office, _FACT, begun.id) == fact, "the lead time goes on"
    assert (await found(office, _TOLD, clerk.id))[-1] == ("task_passed_on",)
    assert (await found(office, _TOLD, office.gardener.id))[-1] == ("task_ready",), "who accepted knows"
    assert ("task_passed_on",) not in await found(office, _TOLD, office.colleague.id), "they had it not"
    (told, *_) = (await city.data(_MINE, as_=clerk, locale="ru"))["notifications"]["edges"]
    assert "передали в другое подразделение" in told["node"]["text"]

    assert (await office.do("Complete", item, clerk, facts={"depth": 5}))["errors"] != []
    assert (await office.do("Complete", there, gardener, facts={"depth": 5}))["errors"] == []


@pytest.mark.long
async def test_the_heads_work_is_the_other_heads_and_a_persons_stays_theirs(office: Office) -> None:
    city, head = office.city, office.head
    dispatcher = await city.user("core.case.read", "core.case.assign")
    gardener = await city.user(*WORKER, "core.case.accept@unit", unit_id=office.parks)
    async with city.serving(), tenant_tx(write=True):
        for unit, leader in ((office.roads, head), (office.parks, gardener)):
            await OrgUnit.update({OrgUnit.head_id: leader.id}).where(OrgUnit.id == unit)
        await LaneBinding.update({LaneBinding.is_head: True}).where(LaneBinding.lane == "Clerks")
    begun = await office.begin()
    (item,) = await office.items(head)
    assert item["assignee"] == {"id": str(head.id)}
    await handed_over(city, str(begun.case_id), office.parks, by=dispatcher, to=gardener)
    (there,) = await office.items(gardener)
    assert (there["state"], there["assignee"]) == ("CLAIMED", {"id": str(gardener.id)})
    assert await office.items(head) == []

    async with city.serving(), tenant_tx(write=True):
        author = {LaneBinding.is_head: False, LaneBinding.is_author: True}
        await LaneBinding.update(author).where(LaneBinding.lane == "Clerks")
    own = await office.begin(author_id=office.clerk.id)
    await handed_over(city, str(own.case_id), office.parks, by=dispatcher, to=gardener)
    (kept,) = await office.items(office.clerk)
    assert kept["assignee"] == {"id": str(office.clerk.id)}
