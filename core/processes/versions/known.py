"""What a drawing may name: forms and decisions of its version, roles and topics of the city, states of its case."""

from __future__ import annotations

from leancity.core.cases.registry import open_kinds
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.tables import RoleRow
from leancity.core.processes.bpmn.lint import Known
from leancity.core.processes.running.topics import topics
from leancity.core.processes.versions.tables import LaneBinding, Process, ProcessDecision, ProcessForm, ProcessVersion


async def known_to(process: Process, version: ProcessVersion) -> Known:
    """Return what the drawing of a version may name."""
    async with tenant_tx():
        forms = await ProcessForm.select(ProcessForm.key).where(ProcessForm.version_id == version.id)
        decisions = await ProcessDecision.select(ProcessDecision.key).where(ProcessDecision.version_id == version.id)
        lanes = await LaneBinding.select(LaneBinding.lane).where(LaneBinding.process_id == process.id)
        roles = await RoleRow.select(RoleRow.key)
    kind = open_kinds().get(process.case_kind)
    return Known(
        forms=frozenset(row["key"] for row in forms),
        decisions=frozenset(row["key"] for row in decisions),
        lanes=frozenset(row["lane"] for row in lanes),
        roles=frozenset(row["key"] for row in roles),
        topics=frozenset(topics()),
        states=frozenset(state.key for state in kind.states) if kind else frozenset(),
    )
