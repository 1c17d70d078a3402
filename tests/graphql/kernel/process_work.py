"""What the walls are asked about people's work: a task of a process, and an absence."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from leancity.core.db.unit import tenant_tx
from leancity.core.processes.running.absence import NewAbsence, add_absence
from leancity.core.processes.running.begin import begin
from leancity.core.processes.running.tables import WorkItem
from tests.core.processes.publishing import drawing, publish
from tests.graphql.kernel.conftest import Office

TASK = drawing(
    '<bpmn:startEvent id="a"/><bpmn:userTask id="b" name="Look"/><bpmn:endEvent id="c"/>'
    '<bpmn:sequenceFlow id="ab" sourceRef="a" targetRef="b"/><bpmn:sequenceFlow id="bc" sourceRef="b" targetRef="c"/>'
)
# Another city's in the hands of ours.
WORK_MIXED: list[tuple[str, str]] = [
    ('work_item(id: "TASK") { title }', "null"),
    ('work_item_candidates(itemId: "TASK") { user { id } }', "NOT_FOUND"),
    ('workload(unitIds: ["UNIT"]) { unit { key } load { open } }', "something"),
    ('work_items(filter: {unitId: "UNIT"}) { totalCount }', "nothing"),
    ('work_items_of_units(filter: {unitId: "UNIT"}) { totalCount }', "nothing"),
    ('absences(userId: "USER") { totalCount }', "nothing"),
    ('work_item_claim(itemId: "TASK") ERRORS', "not_found"),
    ('work_item_release(itemId: "TASK") ERRORS', "not_found"),
    ('work_item_start(itemId: "TASK") ERRORS', "not_found"),
    ('work_item_suspend(itemId: "TASK", reason: "x") ERRORS', "not_found"),
    ('work_item_resume(itemId: "TASK") ERRORS', "not_found"),
    ('work_item_assign(itemId: "TASK") ERRORS', "not_found"),
    ('work_item_assign(itemId: "OUR_TASK", userId: "USER") ERRORS', "work_item_unfit"),
    ('work_item_delegate(itemId: "TASK", userId: "OUR_USER") ERRORS', "not_found"),
    ('work_item_save_draft(itemId: "TASK", facts: {}) ERRORS', "not_found"),
    ('work_item_complete(itemId: "TASK", facts: {}) ERRORS', "not_found"),
    ('work_item_send_back(itemId: "TASK", reason: "x") ERRORS', "not_found"),
    ('absence_add(input: {fromOn: "2099-01-01", untilOn: "2099-01-02"}, userId: "USER") ERRORS', "not_found"),
    ('absence_change(absenceId: "ABSENCE", input: {fromOn: "2099-01-01", untilOn: "2099-01-02"}) ERRORS', "not_found"),
    ('absence_remove(absenceId: "ABSENCE") ERRORS', "not_found"),
]
WORK_OWN = ["work_item_counts { waiting }"]


async def furnished_work(office: Office) -> dict[str, str]:
    """Return the ids of a task of the roads unit, on the test stand, and of an absence of the dispatcher's."""
    key = f"looking-{uuid.uuid4().hex}"
    version = await publish(office.city, TASK, key, mark="test")
    async with office.city.serving():
        instance = await begin(key, {}, title="Look", unit_id=uuid.UUID(office.roads), version_id=version.id)
        async with tenant_tx():
            item = await WorkItem.objects().where(WorkItem.instance_id == instance.id).first()
    first = date(2099, 3, 1)
    async with office.city.serving(as_=office.dispatcher):
        absence = await add_absence(NewAbsence(from_on=first, until_on=first + timedelta(days=1)))
    assert item is not None
    return {"TASK": str(item.id), "ABSENCE": str(absence.id)}
