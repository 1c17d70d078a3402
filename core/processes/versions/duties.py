"""Whether every lane that people work in has somebody bound to it."""

from __future__ import annotations

import uuid

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Problem, Refused
from leancity.core.files.threads import examining
from leancity.core.processes.bpmn.model import Assign
from leancity.core.processes.bpmn.reader import read
from leancity.core.processes.versions.rows import find_version
from leancity.core.processes.versions.tables import LaneBinding, Process


async def working_lanes(version_id: uuid.UUID) -> frozenset[str]:
    """Return the lanes of a version with tasks that say nothing themselves of who does them, by name."""
    async with tenant_tx():
        version = await find_version(version_id)
    return frozenset() if version.executable is None else await examining(_lanes, version.executable)


async def require_bound(process: Process, lanes: frozenset[str]) -> None:
    """Refuse work that nobody would be asked to do, naming the lanes."""
    rows = await LaneBinding.select(LaneBinding.lane).where(LaneBinding.process_id == process.id)
    unbound = sorted(lanes - {row["lane"] for row in rows})
    if unbound:
        raise Refused(*(Problem(code="process_lane_unbound", field="version_id", params={"title": e}) for e in unbound))


def _lanes(executable: str) -> frozenset[str]:
    nodes = [node for model in read(executable.encode()).processes for node in model.nodes]
    free = [node for node in nodes if node.type == "userTask" and (node.assign or Assign()) == Assign()]
    return frozenset(node.lane for node in free if node.lane)
