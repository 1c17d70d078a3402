"""The method's figures: the source's own passport to the digit, its misprints, and what happens at the edges."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from leancity.core.processes.registry.passport import (
    FunctionEntry,
    OperationEntry,
    differs,
    misprints,
    passport_of,
    printed_figures,
)

# Minutes an operation, hours a month and capacity as the source prints them.
PRINTED = (
    ("60", "61.80", "8.00"),
    ("1800", "1854.60", "0.27"),
    ("240", "247.20", "2.00"),
    ("1440", "1483.20", "6.33"),
    ("480", "494.40", "1.00"),
    ("120", "123.60", "4.00"),
    *(("60", "61.80", "8.00"),) * 5,
    ("15", "15.45", "32.00"),
    ("480", "494.40", "1.00"),
    ("120", "123.60", "4.00"),
)
SOURCE = FunctionEntry(
    lead_days=Decimal("50.78"),
    launches=Decimal("61.8"),
    error_share=Decimal("0.2"),
    operations=tuple(OperationEntry(title=str(n), minutes=Decimal(m)) for n, (m, _, _) in enumerate(PRINTED, 1)),
)


def test_the_sources_own_passport_to_the_digit() -> None:
    found = passport_of(SOURCE)
    assert {name: str(getattr(found, name)) for name in (
        "lead_days", "payload_days", "waiting_days", "capacity", "labour_hours", "launches", "error_percent",
        "efficiency",
    )} == {
        "lead_days": "50.78",
        "payload_days": "10.53",
        "waiting_days": "40.25",
        "capacity": "0.02",
        "labour_hours": "84.25",
        "launches": "61.80",
        "error_percent": "20.00",
        "efficiency": "0.207",
    }  # fmt: skip
    right = {2: ("1854.00", "0.27"), 4: ("1483.20", "0.33")}
    for place, (operation, (_, hours, capacity)) in enumerate(zip(found.operations, PRINTED, strict=True), 1):
        assert (str(operation.hours_a_month), str(operation.capacity)) == right.get(place, (hours, capacity))


def test_its_two_misprints_are_told_and_nothing_else() -> None:
    printed = {"labour_hours": Decimal("84.25"), "launches": Decimal("61.8"), "unheard.of": Decimal(1)}
    for place, (_, hours, capacity) in enumerate(PRINTED, 1):
        printed |= {
            f"operations.{place}.hours_a_month": Decimal(hours),
            f"operations.{place}.capacity": Decimal(capacity),
        }
    found = misprints(printed, printed_figures(passport_of(SOURCE)))
    assert [(each.figure, str(each.printed), str(each.computed)) for each in found] == [
        ("operations.2.hours_a_month", "1854.60", "1854.00"),
        ("operations.4.capacity", "6.33", "0.33"),
    ]


def test_a_year_costs_labour_by_rate_by_launches_by_twelve() -> None:
    own_rate = passport_of(replace(SOURCE, rate=Decimal(60_000)))
    assert own_rate.cost_a_year == 3_748_788_000  # 84.25 h x 600 roubles x 61.8 x 12
    each = tuple(replace(op, rate=Decimal(50_000 if place else 70_000)) for place, op in enumerate(SOURCE.operations))
    by_position = passport_of(replace(SOURCE, operations=each))
    assert by_position.cost_a_year == 3_138_822_000  # 1 h by 700 roubles, 83.25 h by 500
    assert sum(op.cost_a_year or 0 for op in by_position.operations) == by_position.cost_a_year

    one_unknown = (replace(each[0], rate=None), *each[1:])
    found = passport_of(replace(SOURCE, operations=one_unknown))
    assert (found.cost_a_year, found.rates_missing) == (None, 1)
    little = (OperationEntry(title="", minutes=Decimal("2.5")),)
    half = FunctionEntry(launches=Decimal(1), rate=Decimal(1), operations=little)
    assert passport_of(half).cost_a_year == 1, "0.5 is rounded up"


def test_value_added_over_lead_time_is_another_figure_than_labour_over_lead_time() -> None:
    operations = (
        OperationEntry(title="a", minutes=Decimal(120), value_class="va"),
        OperationEntry(title="b", minutes=Decimal(240), value_class="nva"),
    )
    found = passport_of(FunctionEntry(lead_days=Decimal(2), operations=operations))
    assert (found.efficiency, found.cycle_efficiency) == (Decimal("0.375"), Decimal("0.125"))
    unjudged = passport_of(SOURCE)
    assert unjudged.cycle_efficiency is None, "nobody has judged what adds value"


def test_what_is_not_known_is_none_and_a_lead_time_too_short_is_told() -> None:
    found = passport_of(FunctionEntry())
    assert (found.waiting_days, found.capacity, found.efficiency, found.cost_a_year) == (None, None, None, None)
    assert not found.is_lead_short
    short = passport_of(replace(SOURCE, lead_days=Decimal(5)))
    assert short.is_lead_short and short.waiting_days == Decimal("-5.53")
    nothing = passport_of(FunctionEntry(operations=(OperationEntry(title="", minutes=Decimal(0)),)))
    assert nothing.operations[0].capacity is None


def test_far_apart_is_beyond_the_share_of_the_entered() -> None:
    share = Decimal("0.2")
    assert not differs(Decimal(10), Decimal(12), share)
    assert differs(Decimal(10), Decimal("12.01"), share)
    assert differs(Decimal(10), Decimal("7.99"), share)
    assert not differs(None, Decimal(1), share) and not differs(Decimal(1), None, share)
    assert differs(Decimal(0), Decimal("0.01"), share)


@settings(max_examples=60)
@given(
    minutes=st.lists(st.decimals(0, 1_000_000, places=2), max_size=20),
    lead=st.none() | st.decimals("0.01", 36_500, places=2),
    launches=st.none() | st.decimals(0, 1_000_000, places=2),
    rate=st.none() | st.decimals(0, 100_000_000, places=0),
)
def test_no_entry_breaks_it_and_a_passport_has_no_misprint_against_itself(
    minutes: list[Decimal], lead: Decimal | None, launches: Decimal | None, rate: Decimal | None
) -> None:
    operations = tuple(OperationEntry(title="", minutes=each, rate=rate) for each in minutes)
    found = passport_of(FunctionEntry(lead_days=lead, launches=launches, operations=operations))
    assert misprints(printed_figures(found), printed_figures(found)) == ()
    assert (found.cost_a_year is None) == (not minutes or launches is None or found.rates_missing > 0)
