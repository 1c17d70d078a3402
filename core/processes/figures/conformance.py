"""Which cases left the drawing, and where: every sequence of done steps is played on it by tokens (``figures.net``)."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.processes.bpmn.model import ProcessModel
from leancity.core.processes.bpmn.reader import read
from leancity.core.processes.figures.cut import CLOSED, Cut, asked
from leancity.core.processes.figures.net import Deviation, TooManyWays, net_of
from leancity.core.processes.figures.variants import WALKED
from leancity.core.processes.versions.stored import original
from leancity.core.processes.versions.tables import ProcessVersion

MOST = 5000
"""Variants that are played, the commonest; cases of further ones are told as not checked."""
SHOWN = 20
"""Cases that are named for each place where cases left."""

_WAYS = CLOSED + WALKED + """
, ways as (select fact_id, array_agg(node_id order by place, available_at, id) as nodes from walked group by 1)
select nodes, count(*) as cases, (array_agg(fact_id order by fact_id desc))[1:20] as some
from ways group by 1 order by cases desc, nodes
"""  # fmt: skip  # noqa: S608 - constants


@dataclass(frozen=True, kw_only=True)
class Leaving:
    """``cases`` left the drawing by ``step`` (None: by ending) after ``after`` (None: at once); ``some`` of their ids,
    the newest. ``is_unknown``: the drawing has no such node."""

    after: str | None
    step: str | None
    cases: int
    is_unknown: bool
    some: Sequence[uuid.UUID]


@dataclass(frozen=True, kw_only=True)
class Conformance:
    """``checked`` closed cases were played, ``deviating`` of them left; ``unchecked``: too many ways to be played."""

    version_id: uuid.UUID
    checked: int
    deviating: int
    unchecked: int
    leavings: Sequence[Leaving]

    @property
    def deviating_share(self) -> float | None:
        """The share of the checked cases that left the drawing."""
        return self.deviating / self.checked if self.checked else None


@dataclass(frozen=True, kw_only=True)
class Way:
    """A sequence of nodes, how many cases took it, and some of their ids."""

    nodes: tuple[str, ...]
    cases: int
    some: Sequence[uuid.UUID]


async def conformance(cut: Cut, version_id: uuid.UUID) -> Conformance:
    """Play the closed cases of a cut on the drawing of a version, which need not be the one they ran on."""
    wanted = await asked(cut)
    async with tenant_tx() as unit:
        version = (
            await ProcessVersion.objects()
            .where((ProcessVersion.id == version_id) & (ProcessVersion.process_id == cut.process_id))
            .first()
        )
        if version is None:
            raise refuse("not_found", "version_id")
        rows = await unit.connection.fetch(_WAYS, unit.tenant_id, *wanted.values)
    ways = [Way(nodes=tuple(row["nodes"]), cases=row["cases"], some=row["some"]) for row in rows]
    return await asyncio.to_thread(_played, version_id, version.xml, version.process_element, ways)


def _played(version_id: uuid.UUID, xml: str, element: str, ways: Sequence[Way]) -> Conformance:
    model = read(original(xml)).process(element)
    return played(version_id, model or ProcessModel(id=element, title=""), ways)


def played(version_id: uuid.UUID, model: ProcessModel, ways: Sequence[Way]) -> Conformance:
    """Return what becomes of the ways on a drawing."""
    net = net_of(model, {node for way in ways for node in way.nodes})
    cases: Counter[tuple[str | None, str | None]] = Counter()
    some: dict[tuple[str | None, str | None], list[uuid.UUID]] = {}
    checked = unchecked = 0
    for place, way in enumerate(ways):
        try:
            left: Deviation | None = net.deviation(way.nodes) if place < MOST else _too_many()
        except TooManyWays:
            unchecked += way.cases
            continue
        checked += way.cases
        if left is not None:
            cases[left.after, left.step] += way.cases
            some.setdefault((left.after, left.step), []).extend(way.some)
    leavings = [
        Leaving(
            after=after,
            step=step,
            cases=count,
            is_unknown=step is not None and step not in net.nodes,
            some=sorted(some[after, step], reverse=True)[:SHOWN],
        )
        for (after, step), count in cases.most_common()
    ]
    return Conformance(
        version_id=version_id,
        checked=checked,
        deviating=sum(cases.values()),
        unchecked=unchecked,
        leavings=leavings,
    )


def _too_many() -> Deviation | None:
    raise TooManyWays
