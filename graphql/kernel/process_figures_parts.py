"""What the figures of processes have in common: the cut they are asked of, and how a time is told."""

from __future__ import annotations

import uuid
from dataclasses import fields
from datetime import date
from typing import Any, Self, TypeVar

import strawberry

from leancity.core.cases.checks import keepable
from leancity.core.processes.figures.cut import Cut, Mark
from leancity.core.processes.figures.spread import Spread

strawberry.enum(
    Mark,
    name="ProcessFigureMark",
    description="Where cases come from: real ones, a trial operation, another system's log.",
)

Told = TypeVar("Told")


def told(kind: type[Told], row: Any, **more: Any) -> Told:
    """Return a strawberry type filled from the attributes of the same names, spreads told as such."""
    values = {each.name: getattr(row, each.name) for each in fields(kind) if each.init and each.name not in more}  # type: ignore[arg-type]
    shown = {name: ProcessSpread.of(value) if isinstance(value, Spread) else value for name, value in values.items()}
    return kind(**shown, **more)


@strawberry.input(description="Which cases: of one process, closed within a period, and what narrows it.")
class ProcessCut:
    process_id: uuid.UUID
    since: date | None = strawberry.field(default=None, description="A year before `until` where it is left out.")
    until: date | None = strawberry.field(default=None, description="Included; today where it is left out.")
    mark: Mark = Mark.PRODUCTION
    version_id: uuid.UUID | None = None
    unit_id: uuid.UUID | None = None
    channel: str | None = None
    log_id: uuid.UUID | None = strawberry.field(default=None, description="An imported log; its mark is IMPORT.")

    def cut(self) -> Cut:
        return Cut(
            process_id=self.process_id,
            since=self.since,
            until=self.until,
            mark=self.mark,
            version_id=self.version_id,
            unit_id=self.unit_id,
            channel=None if self.channel is None else keepable(self.channel),
            log_id=self.log_id,
        )


@strawberry.type(description="A time over many: seconds, of working time where nothing else is said; never a mean.")
class ProcessSpread:
    n: int
    total: float
    median: float | None
    p85: float | None
    p95: float | None
    is_few: bool = strawberry.field(description="Over fewer than five: one more may change it.")

    @classmethod
    def of(cls, row: Spread) -> Self:
        return cls(n=row.n, total=row.total, median=row.median, p85=row.p85, p95=row.p95, is_few=row.is_few)
