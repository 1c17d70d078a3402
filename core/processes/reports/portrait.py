"""One process in its owner's report: what was promised, what was measured, where time was lost, what changed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.processes.figures.comparison import compare
from leancity.core.processes.figures.conformance import conformance
from leancity.core.processes.figures.cut import USUAL, Asked, Cut, Mark, asked
from leancity.core.processes.figures.series import By, Part, series
from leancity.core.processes.figures.stream import ValueStream, value_stream
from leancity.core.processes.figures.totals import ProcessFigures, process_figures
from leancity.core.processes.figures.variants import variants
from leancity.core.processes.registry.measured import Comparison, function_passport
from leancity.core.processes.registry.tables import CityFunction
from leancity.core.processes.reports import plain
from leancity.core.processes.reports.change import change_of
from leancity.core.processes.reports.periods import Span
from leancity.core.processes.reports.standing import oldest_open
from leancity.core.processes.versions.library import versions_of
from leancity.core.processes.versions.rows import find_process
from leancity.core.processes.versions.tables import Process, ProcessVersion

VARIANTS = 5
LEAVINGS = 5
"""Ways, and places where cases left the drawing, that a report tells of: the commonest."""
STEPS = 200
"""Steps of a process, those with the most waiting."""


async def portrait(process_id: uuid.UUID, mark: Mark, rate: float | None, span: Span, earlier: Span) -> dict[str, Any]:
    """Return a process's part of a report; ``mark`` says of which cases it is, ``rate`` is of an hour of its work."""
    cut = Cut(process_id=process_id, since=span.first, until=span.last, mark=mark)
    past = replace(cut, since=earlier.first, until=earlier.last)
    async with tenant_tx():
        process = await find_process(process_id)
        function = await CityFunction.objects().where(CityFunction.id == process.function_id).first()
    versions = {row.id: row for row in (await versions_of([process_id])).get(process_id, ())}
    drawn = await value_stream(cut)
    figures, measured, before = drawn.figures, await asked(cut), await process_figures(past)
    passport = None if function is None else await function_passport(function.id)
    day_hours = None if function is None else function.day_hours
    nodes = sorted(drawn.nodes, key=lambda node: (-node.all_waiting, node.node_id))[:STEPS]
    return {
        "id": str(process.id),
        "key": process.key,
        "title": process.title,
        "mark": mark.value,
        "version": _version(_in_production(process, versions)),
        "function": function and {"id": str(function.id), "key": function.key, "title": function.title},
        "norms": norms(drawn, before, passport, day_hours),
        "figures": plain.figures(figures),
        "shares": plain.time_shares(figures),
        "oldest_open": await _oldest(measured),
        "rate": rate,
        "cost": None if rate is None else figures.labour_s / 3600 * rate,
        "steps": [plain.node(node) for node in nodes],
        "change": await _change(measured, before),
        "units": [_part(each) for each in await series(cut, By.UNIT)],
        "versions": [{**_part(each), "no": _no(versions, each.key)} for each in await series(cut, By.VERSION)],
        "version_change": await _version_change(process, versions, cut),
        "variants": await _variants(cut, figures),
        "conformance": await _conformance(process, drawn, cut),
        "passport": _passport(passport),
    }


def norms(
    drawn: ValueStream, before: ProcessFigures, passport: Comparison | None, day_hours: float | None
) -> list[dict[str, Any]]:
    """Return the norm of the as-is, what was measured before, the target and what was measured now, side by side.

    Each row is in one unit: working seconds of one case, or a share. Measured times are medians. The norm of a drawing
    goes before that of the function's passport.
    """
    now_, norm, target = drawn.figures, drawn.norm, drawn.target
    entered = None if passport is None else passport.passport
    lead = None if entered is None or entered.lead_days is None or day_hours is None else float(entered.lead_days)
    found = {
        "lead": (norm.lead_s, None if lead is None or day_hours is None else lead * day_hours * 3600, target.lead_s),
        "processing": (norm.processing_s, _seconds(entered and entered.processing_minutes, 60), target.processing_s),
        "waiting": (norm.waiting_s, _seconds(entered and entered.waiting_minutes, 60), target.waiting_s),
    }
    rows = []
    for name, (as_drawn, as_entered, wanted) in found.items():
        one, other = getattr(now_, name), getattr(before, name)
        row = _norm(name, "time", as_drawn, as_entered, wanted)
        rows.append({**row, "before": other.median, "before_n": other.n, "measured": one.median, "measured_n": one.n})
    labour = _norm("labour", "time", norm.labour_s, _seconds(entered and entered.labour_hours, 3600), target.labour_s)
    rows.append({**labour, **_of_cases("before", before), **_of_cases("measured", now_)})
    efficiency = (_share(norm.labour_s, norm.lead_s), _share(target.labour_s, target.lead_s))
    shares = {
        "cycle_efficiency": (norm.cycle_efficiency, entered and entered.cycle_efficiency, target.cycle_efficiency),
        "efficiency": (efficiency[0], entered and entered.efficiency, efficiency[1]),
    }
    for name, (as_drawn, share, wanted) in shares.items():
        row = _norm(name, "share", as_drawn, float(share) if isinstance(share, Decimal) else None, wanted)
        both = {"before": before, "measured": now_}
        told = {side: getattr(of, name) for side, of in both.items()}
        rows.append({**row, **told, **{f"{side}_n": of.closed for side, of in both.items()}})
    return rows


def _norm(name: str, unit: str, drawn: float | None, entered: float | None, target: float | None) -> dict[str, Any]:
    source = None if drawn is None and entered is None else "passport" if drawn is None else "drawing"
    norm = entered if drawn is None else drawn
    return {"measure": name, "unit": unit, "norm": norm, "norm_source": source, "target": target}


def _of_cases(side: str, figures: ProcessFigures) -> dict[str, Any]:
    """Labour is told for each closed case: hours are a sum, and their middle would say nothing of what it costs."""
    return {side: _share(figures.labour_s, figures.closed), f"{side}_n": figures.closed}


def _seconds(value: Any, unit: int) -> float | None:
    """Return an entered time in seconds; nothing was entered where it is 0."""
    return float(value) * unit if value else None


def _share(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


def _in_production(process: Process, versions: Mapping[uuid.UUID, ProcessVersion]) -> ProcessVersion | None:
    return None if process.production_id is None else versions.get(process.production_id)


def _version(row: ProcessVersion | None) -> dict[str, Any] | None:
    if row is None:
        return None
    published = None if row.published_at is None else row.published_at.isoformat()
    return {"id": str(row.id), "no": row.no, "published_at": published}


def _no(versions: Mapping[uuid.UUID, ProcessVersion], key: str) -> int | None:
    row = versions.get(uuid.UUID(key)) if key else None
    return None if row is None else row.no


async def _oldest(measured: Asked) -> dict[str, Any] | None:
    opened = await oldest_open(measured)
    if opened is None:
        return None
    clock = measured.clock
    age = clock.between(max(opened, clock.begins), measured.over)
    return {"opened_at": opened.isoformat(), "age_s": age}


async def _change(measured: Asked, before: ProcessFigures) -> dict[str, Any]:
    change = await change_of(measured, before.asked)
    earlier = plain.figures(before)
    chief = ("opened", "closed", "lead", "first_pass_yield", "on_time_rate", "error_rate", "labour_s")
    return {**asdict(change), "before": {name: earlier[name] for name in chief}}


def _part(part: Part) -> dict[str, Any]:
    return {**asdict(part), "lead": plain.spread(part.lead), "is_few": part.is_few}


async def _version_change(
    process: Process, versions: Mapping[uuid.UUID, ProcessVersion], cut: Cut
) -> dict[str, Any] | None:
    """Return the version in production held against those before it, by the cases opened under each in a year."""
    row = _in_production(process, versions)
    if row is None or cut.until is None or cut.mark is not Mark.PRODUCTION:
        return None
    clock = (await asked(cut)).clock
    since = max(cut.until - USUAL, clock.first + timedelta(days=1))
    found = await compare(replace(cut, since=since), version_id=row.id)
    if not found.before.lead.n:
        return None
    return {
        "no": row.no,
        "n_before": found.before.lead.n,
        "before": found.before.lead.median,
        "n": found.after.lead.n,
        "after": found.after.lead.median,
        "open": found.after.open,
        "difference": found.difference,
        "low": found.low,
        "high": found.high,
        "verdict": found.verdict.value,
    }


async def _variants(cut: Cut, figures: ProcessFigures) -> dict[str, Any]:
    found = await variants(cut, VARIANTS)
    titles = _titles(figures)
    return {
        "total": found.total,
        "cases": found.cases,
        "commonest": [
            {**asdict(each), "nodes": [titles.get(node, node) for node in each.nodes], "is_few": each.is_few}
            for each in found.variants
        ],
    }


async def _conformance(process: Process, drawn: ValueStream, cut: Cut) -> dict[str, Any] | None:
    """Return which cases left the drawing: that in production, else the newest as-is."""
    version_id = drawn.norm_version_id if process.production_id is None else process.production_id
    if version_id is None:
        return None
    found = await conformance(cut, version_id)
    titles = {box.node_id: box.title for box in drawn.boxes} | _titles(drawn.figures)
    return {
        "version_id": str(version_id),
        "checked": found.checked,
        "deviating": found.deviating,
        "unchecked": found.unchecked,
        "leavings": [
            {
                "after": each.after and titles.get(each.after, each.after),
                "step": each.step and titles.get(each.step, each.step),
                "cases": each.cases,
                "is_unknown": each.is_unknown,
            }
            for each in found.leavings[:LEAVINGS]
        ],
    }


def _titles(figures: ProcessFigures) -> dict[str, str]:
    return {node.node_id: node.title or node.node_id for node in figures.visited}


def _passport(found: Comparison | None) -> dict[str, Any] | None:
    """Return the passport's figures as entered, with the names of those that the measured ones differ from much."""
    if found is None:
        return None
    entered = found.passport
    numbers = ("lead_days", "labour_hours", "launches", "hours_a_month", "error_percent")
    return {
        **{name: None if (value := getattr(entered, name)) is None else float(value) for name in numbers},
        "cost_a_year": entered.cost_a_year,
        "differing": list(found.differing),
        "is_costly": found.is_costly,
    }
