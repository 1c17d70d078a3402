"""What a drawing may name: forms and decisions of its version, roles and topics of the city, states of its case."""

from __future__ import annotations

from collections.abc import Mapping

from leancity.core.cases.registry import open_kinds
from leancity.core.clock.city import further_hours
from leancity.core.db.unit import tenant_tx
from leancity.core.files.threads import examining
from leancity.core.identity.tables import RoleRow
from leancity.core.processes.bpmn.lint import Known
from leancity.core.processes.expressions.decisions import read_decision
from leancity.core.processes.expressions.overlaps import Overlap, overlaps
from leancity.core.processes.running.topics import topics
from leancity.core.processes.versions.tables import LaneBinding, Process, ProcessDecision, ProcessForm, ProcessVersion

MOST_TOLD = 5
"""Overlaps of one table."""


async def known_to(process: Process, version: ProcessVersion) -> Known:
    """Return what the drawing of a version may name."""
    async with tenant_tx():
        forms = await ProcessForm.select(ProcessForm.key).where(ProcessForm.version_id == version.id)
        decisions = await ProcessDecision.select(ProcessDecision.key, ProcessDecision.xml).where(
            ProcessDecision.version_id == version.id
        )
        lanes = await LaneBinding.select(LaneBinding.lane).where(LaneBinding.process_id == process.id)
        roles = await RoleRow.select(RoleRow.key)
        processes = await Process.select(Process.key)
        calendars = await further_hours()
    tables = {row["key"]: row["xml"] for row in decisions}
    kind = open_kinds().get(process.case_kind)
    return Known(
        forms=frozenset(row["key"] for row in forms),
        decisions=frozenset(tables),
        lanes=frozenset(row["lane"] for row in lanes),
        roles=frozenset(row["key"] for row in roles),
        processes=frozenset(row["key"] for row in processes),
        calendars=frozenset(calendars),
        topics=frozenset(topics()),
        states=frozenset(state.key for state in kind.states) if kind else frozenset(),
        overlapping=await examining(_overlapping, tables),
    )


def _overlapping(tables: Mapping[str, str]) -> dict[str, tuple[Overlap, ...]]:
    return {key: overlaps(read_decision(xml.encode()))[:MOST_TOLD] for key, xml in tables.items()}
