"""The measures that a city can watch: one table of them, with their units, their directions and what they are called.

They are the figures of processes (``core.processes.figures``) by the same definitions, over one process or all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

YEAR = 365
"""Days that money is told for."""


class Unit(StrEnum):
    """What a value is in. Seconds are of working time; money in minor units; a share is 0 to 1."""

    SECONDS = "seconds"
    SHARE = "share"
    CASES = "cases"
    CASES_PER_DAY = "cases_per_day"
    HOURS = "hours"
    MONEY = "money"


class Of(StrEnum):
    """What it is reckoned from: closed cases, the steps of these, the cases open at the end, the price of labour."""

    CASES = "cases"
    STEPS = "steps"
    OPEN = "open"
    COST = "cost"


@dataclass(frozen=True, kw_only=True)
class Span:
    """The length of a period, in days and in the calendar's working days."""

    days: float
    working_days: float


@dataclass(frozen=True, kw_only=True)
class Measure:
    """``value`` of a row of ``indicator_rows``, None where there is nothing to reckon from.

    ``lower_is_better`` is its direction. ``counts``: it says how many, so that few are no reason to doubt it.
    """

    key: str
    title: Mapping[str, str]
    unit: Unit
    of: Of
    lower_is_better: bool
    value: Callable[[Mapping[str, Any], Span], float | None]
    counts: bool = False


def _time(key: str, column: str, place: int, ru: str, en: str, of: Of = Of.STEPS) -> Measure:
    """Return the measure of a percentile (``place`` in the array) of a column of times."""

    def value(row: Mapping[str, Any], _: Span) -> float | None:
        found: list[float] | None = row[f"{column}_p"]
        return None if found is None else found[place]

    return Measure(key=key, title={"ru": ru, "en": en}, unit=Unit.SECONDS, of=of, lower_is_better=True, value=value)


def _share(key: str, part: str, whole: str, ru: str, en: str, *, lower: bool = False, of: Of = Of.CASES) -> Measure:
    def value(row: Mapping[str, Any], _: Span) -> float | None:
        found: float | None = row[part]
        return found / row[whole] if row[whole] and found is not None else None

    return Measure(key=key, title={"ru": ru, "en": en}, unit=Unit.SHARE, of=of, lower_is_better=lower, value=value)


_DECLARED = (
    _time("lead_p50", "lead", 0, "Срок исполнения, медиана", "Lead time, median", Of.CASES),
    _time("lead_p85", "lead", 1, "Срок исполнения, 85 %", "Lead time, 85 %", Of.CASES),
    _time("lead_p95", "lead", 2, "Срок исполнения, 95 %", "Lead time, 95 %", Of.CASES),
    _time("processing_p50", "touch", 0, "Время обработки, медиана", "Processing time, median"),
    _time("waiting_p50", "waiting", 0, "Ожидание, медиана", "Waiting, median"),
    _time("waiting_queue_p50", "queue", 0, "Ожидание в очереди, медиана", "Waiting in the queue, median"),
    _time("waiting_claimed_p50", "claimed", 0, "Взято и не начато, медиана", "Taken and not begun, median"),
    _time("waiting_suspended_p50", "suspended", 0, "Приостановлено, медиана", "Interrupted, median"),
    _time("waiting_external_p50", "external", 0, "Внешнее ожидание, медиана", "Waiting for others, median"),
    _share(
        "waiting_share", "waiting_sum", "timed_lead_sum", "Доля ожидания", "Share of waiting", lower=True, of=Of.STEPS
    ),
    Measure(
        key="value_added",
        title={"ru": "Время создания ценности на дело", "en": "Value-added time a case"},
        unit=Unit.SECONDS,
        of=Of.STEPS,
        lower_is_better=False,
        value=lambda row, _: row["value_added"] / row["n"] if row["is_classed"] else None,
    ),
    _time("labour_p50", "labour", 0, "Трудозатраты на дело, медиана", "Labour a case, median", Of.CASES),
    Measure(
        key="labour_hours",
        title={"ru": "Трудозатраты за период, ч", "en": "Labour of the period, hours"},
        unit=Unit.HOURS,
        of=Of.CASES,
        lower_is_better=True,
        value=lambda row, _: row["labour_sum"] / 3600 if row["n"] else None,
    ),
    _share("on_time_rate", "on_time", "promised", "Доля в срок", "Share on time"),
    _share("first_pass_yield", "first_pass", "n", "Доля с первого раза (FPY)", "First-pass yield"),
    _share("error_rate", "faulty", "n", "Доля с ошибками", "Error rate", lower=True),
    Measure(
        key="throughput_per_day",
        title={"ru": "Пропускная способность, дел в рабочий день", "en": "Throughput, cases a working day"},
        unit=Unit.CASES_PER_DAY,
        of=Of.CASES,
        lower_is_better=False,
        value=lambda row, span: row["n"] / span.working_days if span.working_days else None,
        counts=True,
    ),
    Measure(
        key="wip",
        title={"ru": "Незавершённые дела", "en": "Work in progress"},
        unit=Unit.CASES,
        of=Of.OPEN,
        lower_is_better=True,
        value=lambda row, _: float(row["n"]),
        counts=True,
    ),
    Measure(
        key="overdue",
        title={"ru": "Просроченные дела", "en": "Overdue cases"},
        unit=Unit.CASES,
        of=Of.OPEN,
        lower_is_better=True,
        value=lambda row, _: float(row["overdue"]),
        counts=True,
    ),
    _share("efficiency", "labour_sum", "lead_sum", "Коэффициент эффективности", "Efficiency coefficient"),
    _share(
        "cycle_efficiency", "classed_value", "lead_sum", "Эффективность цикла (PCE)", "Cycle efficiency", of=Of.STEPS
    ),
    Measure(
        key="cost_a_year",
        title={"ru": "Стоимость труда за год", "en": "Cost of labour a year"},
        unit=Unit.MONEY,
        of=Of.COST,
        lower_is_better=True,
        value=lambda row, span: row["cost"] * YEAR / span.days if row["cost"] is not None else None,
    ),
)
MEASURES: Mapping[str, Measure] = {measure.key: measure for measure in _DECLARED}
"""By key, in the order in which they are offered."""
