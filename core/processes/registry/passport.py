"""The passport of a function: what its operations add up to, by the method's own formulas.

Figures are decimal and rounded half up, each once and from what was not rounded before: two digits, the efficiency
figures three, money to whole minor units. Nothing here asks the database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

MINUTES = Decimal(60)  # of an hour
MONTHS = Decimal(12)
TWO = Decimal("0.01")
THREE = Decimal("0.001")
ONE = Decimal(1)


@dataclass(frozen=True, kw_only=True)
class OperationEntry:
    """An operation as entered. Minutes of one launch; ``rate`` of its position, minor units an hour, None unknown."""

    title: str
    minutes: Decimal
    waiting_minutes: Decimal | None = None
    movement_minutes: Decimal | None = None
    value_class: str = ""
    rate: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class FunctionEntry:
    """A function as entered: ``lead_days`` of ``day_hours`` hours, ``launches`` a month, ``error_share`` 0 to 1.

    ``rate`` in minor units an hour; None takes the rate of each operation's position.
    """

    lead_days: Decimal | None = None
    day_hours: Decimal = Decimal(8)
    launches: Decimal | None = None
    error_share: Decimal | None = None
    rate: Decimal | None = None
    operations: tuple[OperationEntry, ...] = ()


@dataclass(frozen=True, kw_only=True)
class OperationFigures:
    """``capacity`` how many a day one performer does; None where it takes no time or nobody said how often it is done.

    ``cost_a_year`` in minor units.
    """

    title: str
    minutes: Decimal
    hours_a_month: Decimal | None
    waiting_minutes: Decimal | None
    movement_minutes: Decimal | None
    capacity: Decimal | None
    cost_a_year: int | None


@dataclass(frozen=True, kw_only=True)
class Passport:
    """What the method reckons of a function; a figure is None where what it is made of is not there.

    Hours and days are working ones. ``labour_hours`` of one launch, ``payload_days`` the same in days, ``waiting_days``
    what is left of the lead time, ``capacity`` how many a day. ``efficiency`` is the method's coefficient, labour over
    lead time; ``cycle_efficiency`` value-added over lead time. ``rates_missing`` counts the operations that keep the
    cost from being known. ``is_lead_short``: the lead time that was entered is less than the work in it.
    """

    lead_days: Decimal | None
    labour_hours: Decimal
    payload_days: Decimal
    waiting_days: Decimal | None
    capacity: Decimal | None
    launches: Decimal | None
    hours_a_month: Decimal | None
    error_percent: Decimal | None
    processing_minutes: Decimal
    waiting_minutes: Decimal
    movement_minutes: Decimal
    efficiency: Decimal | None
    cycle_efficiency: Decimal | None
    cost_a_year: int | None
    rates_missing: int
    is_lead_short: bool
    operations: tuple[OperationFigures, ...]


@dataclass(frozen=True, kw_only=True)
class Misprint:
    """A figure of somebody's passport that is not what its operations add up to; both with the printed digits."""

    figure: str
    printed: Decimal
    computed: Decimal


def passport_of(function: FunctionEntry) -> Passport:
    """Return the passport of a function."""
    operations = function.operations
    minutes = sum((each.minutes for each in operations), Decimal(0))
    labour = minutes / MINUTES
    payload = labour / function.day_hours
    lead = function.lead_days
    lead_hours = lead * function.day_hours if lead else None
    valued = [each for each in operations if each.value_class]
    added = sum((each.minutes for each in valued if each.value_class == "va"), Decimal(0)) / MINUTES
    missing = 0 if function.rate is not None else sum(1 for each in operations if each.rate is None and each.minutes)
    return Passport(
        lead_days=_rounded(lead),
        labour_hours=rounded(labour),
        payload_days=rounded(payload),
        waiting_days=None if lead is None else rounded(lead - payload),
        capacity=rounded(ONE / lead) if lead else None,
        launches=_rounded(function.launches),
        hours_a_month=None if function.launches is None else rounded(labour * function.launches),
        error_percent=None if function.error_share is None else rounded(function.error_share * 100),
        processing_minutes=rounded(minutes),
        waiting_minutes=rounded(sum((each.waiting_minutes or Decimal(0) for each in operations), Decimal(0))),
        movement_minutes=rounded(sum((each.movement_minutes or Decimal(0) for each in operations), Decimal(0))),
        efficiency=rounded(labour / lead_hours, THREE) if lead_hours else None,
        cycle_efficiency=rounded(added / lead_hours, THREE) if lead_hours and valued else None,
        cost_a_year=_cost(function, operations) if operations and not missing else None,
        rates_missing=missing,
        is_lead_short=lead is not None and lead < payload,
        operations=tuple(_operation(function, each) for each in operations),
    )


def printed_figures(passport: Passport) -> dict[str, Decimal]:
    """Return the figures that a printed passport has, by name; an operation's are ``operations.<place>.<name>``."""
    return dict(_figures(passport))


def misprints(entered: Mapping[str, Decimal], computed: Mapping[str, Decimal]) -> tuple[Misprint, ...]:
    """Return the printed figures that differ from the computed ones, to as many digits as both have.

    Names that are not computed are passed over.
    """
    found = []
    for figure, printed in entered.items():
        if (value := computed.get(figure)) is None:
            continue
        digits = ONE.scaleb(max(_exponent(printed), _exponent(value)))
        said, same = printed.quantize(digits, ROUND_HALF_UP), value.quantize(digits, ROUND_HALF_UP)
        if said != same:
            found.append(Misprint(figure=figure, printed=said, computed=same))
    return tuple(found)


def differs(entered: Decimal | None, measured: Decimal | None, share: Decimal) -> bool:
    """Tell whether what was measured lies further from what was entered than ``share`` of the entered."""
    if entered is None or measured is None:
        return False
    return abs(measured - entered) > share * abs(entered)


def rounded(value: Decimal, to: Decimal = TWO) -> Decimal:
    """Round half up, as the method's tables are."""
    return value.quantize(to, ROUND_HALF_UP)


def _rounded(value: Decimal | None) -> Decimal | None:
    return None if value is None else rounded(value)


def _operation(function: FunctionEntry, entry: OperationEntry) -> OperationFigures:
    is_known = function.rate is not None or entry.rate is not None
    return OperationFigures(
        title=entry.title,
        minutes=rounded(entry.minutes),
        hours_a_month=None if function.launches is None else rounded(entry.minutes * function.launches / MINUTES),
        waiting_minutes=_rounded(entry.waiting_minutes),
        movement_minutes=_rounded(entry.movement_minutes),
        capacity=rounded(function.day_hours * MINUTES / entry.minutes) if entry.minutes else None,
        cost_a_year=_cost(function, (entry,)) if is_known else None,
    )


def _cost(function: FunctionEntry, operations: Sequence[OperationEntry]) -> int | None:
    """Return labour x rate x launches x 12, rounded once; None where nobody said how often it is launched."""
    if function.launches is None:
        return None
    hourly = sum(
        (each.minutes / MINUTES * (each.rate or Decimal(0) if function.rate is None else function.rate)
         for each in operations),
        Decimal(0),
    )  # fmt: skip
    return int(rounded(hourly * function.launches * MONTHS, ONE))


def _figures(passport: Passport) -> Iterator[tuple[str, Decimal]]:
    named = {
        "lead_days": passport.lead_days,
        "labour_hours": passport.labour_hours,
        "payload_days": passport.payload_days,
        "waiting_days": passport.waiting_days,
        "capacity": passport.capacity,
        "launches": passport.launches,
        "error_percent": passport.error_percent,
        "hours_a_month": passport.hours_a_month,
    }
    for place, each in enumerate(passport.operations, 1):
        named[f"operations.{place}.minutes"] = each.minutes
        named[f"operations.{place}.hours_a_month"] = each.hours_a_month
        named[f"operations.{place}.capacity"] = each.capacity
    yield from ((name, value) for name, value in named.items() if value is not None)


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
