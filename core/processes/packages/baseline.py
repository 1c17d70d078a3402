"""What a process took here before a package was taken: with what its effect will be compared."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.moment import now
from leancity.core.processes.figures.cut import Mark
from leancity.core.processes.figures.tables import ImportedLog
from leancity.core.processes.packages.effect import Cases, side
from leancity.core.processes.registry.tables import CityFunction
from leancity.core.processes.versions.tables import Process

_HOUR = 3600.0


class Source(StrEnum):
    """Where a baseline comes from: the cases of a process here, another system's log, a function's entered passport,
    or nowhere, as somebody has said."""

    PROCESS = "process"
    LOG = "log"
    PASSPORT = "passport"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class BaselineCard:
    """What the process took before is told by: a process, an imported log or a function of the registry, by id."""

    source: Source
    source_id: uuid.UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """What it took: ``n`` closed cases (0 for what was entered), working seconds; None where nothing says it."""

    source: Source
    n: int
    median_s: float | None
    p85_s: float | None
    taken_at: datetime
    cases: Cases | None


async def taken_baseline(card: BaselineCard) -> str:
    """Return a baseline as an adoption keeps it; refuse a source that is not there or that says nothing."""
    moment = now()
    facts: dict[str, Any] = {"source": card.source.value, "taken_at": moment.isoformat()}
    if card.source is Source.NONE:
        return json.dumps(facts)
    if card.source_id is None:
        raise refuse("required", "baseline.source_id")
    facts["source_id"] = str(card.source_id)
    if card.source is Source.PASSPORT:
        async with tenant_tx():
            row = await CityFunction.objects().where(CityFunction.id == card.source_id).first()
        if row is None:
            raise refuse("not_found", "baseline.source_id")
        if row.lead_days is None:
            raise refuse("package_no_baseline", "baseline.source_id")
        return json.dumps({**facts, "n": 0, "median_s": row.lead_days * row.day_hours * _HOUR})
    told = await _told(facts, await _cases(card, moment))
    if told is None:
        raise refuse("package_no_baseline", "baseline.source_id")
    return told


async def baseline_of(process_id: uuid.UUID) -> str:
    """Return the baseline of a process that a package goes onto: its own cases, none where it has no closed one."""
    moment = now()
    facts = {"source": Source.PROCESS.value, "source_id": str(process_id), "taken_at": moment.isoformat()}
    told = await _told(facts, Cases(process_id=process_id, until=moment))
    return told or await taken_baseline(BaselineCard(source=Source.NONE))


async def _told(facts: dict[str, Any], cases: Cases) -> str | None:
    found, _ = await side(cases)
    lead = found.lead
    if not lead.n:
        return None
    return json.dumps(
        {**facts, "process_id": str(cases.process_id), "n": lead.n, "median_s": lead.median, "p85_s": lead.p85}
    )


def kept_baseline(text: str) -> Baseline | None:
    """Return a baseline that an adoption keeps, None where none was taken yet."""
    facts = json.loads(text)
    if not facts:
        return None
    source, taken_at = Source(facts["source"]), datetime.fromisoformat(facts["taken_at"])
    cases = None
    if "process_id" in facts:
        is_log = source is Source.LOG
        cases = Cases(
            process_id=uuid.UUID(facts["process_id"]),
            mark=Mark.IMPORT if is_log else Mark.PRODUCTION,
            until=None if is_log else taken_at,
            log_id=uuid.UUID(facts["source_id"]) if is_log else None,
        )
    return Baseline(
        source=source,
        n=facts.get("n", 0),
        median_s=facts.get("median_s"),
        p85_s=facts.get("p85_s"),
        taken_at=taken_at,
        cases=cases,
    )


async def _cases(card: BaselineCard, moment: datetime) -> Cases:
    async with tenant_tx():
        if card.source is Source.PROCESS:
            process = await _process_of(card.source_id)
            return Cases(process_id=process, until=moment)
        log = await ImportedLog.objects().where(ImportedLog.id == card.source_id).first()
    if log is None:
        raise refuse("not_found", "baseline.source_id")
    return Cases(process_id=log.process_id, mark=Mark.IMPORT, log_id=log.id)


async def _process_of(process_id: uuid.UUID | None) -> uuid.UUID:
    """Return the id of a process that is there; refuse another one by the baseline's field."""
    found = None if process_id is None else await Process.exists().where(Process.id == process_id)
    if not found or process_id is None:
        raise refuse("not_found", "baseline.source_id")
    return process_id
