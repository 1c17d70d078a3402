"""Overlapping rules are told before a case meets them, by an example that both rules fit."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leancity.core.processes.expressions.decisions import DecisionError, decide, read_decision
from leancity.core.processes.expressions.overlaps import overlaps
from tests.core.processes.expressions.dmn import table


def found(
    inputs: list[str], rules: list[list[str]], policy: str | None = None
) -> list[tuple[int, int, dict[str, Any]]]:
    decision = read_decision(table(inputs, ["fee"], rules, policy=policy))
    return [(each.first, each.second, each.example) for each in overlaps(decision)]


@pytest.mark.parametrize(
    ("rules", "pairs"),
    [
        ([["<= 65", "1"], [">= 65", "2"]], [(1, 2)]),
        ([["< 65", "1"], [">= 65", "2"]], []),
        ([["[1..5]", "1"], ["(5..9]", "2"], ["-", "3"]], [(1, 3), (2, 3)]),
        ([['"a", "b"', "1"], ['not("a")', "2"]], [(1, 2)]),
        ([['"a"', "1"], ['not("a")', "2"]], []),
        ([["true", "1"], ["false", "2"]], []),
        ([["< -3", "1"], ["> -5", "2"]], [(1, 2)]),
    ],
)
def test_what_two_rules_take_both(rules: list[list[str]], pairs: list[tuple[int, int]]) -> None:
    assert [(first, second) for first, second, _ in found(["age"], rules)] == pairs


def test_another_column_may_keep_rules_apart() -> None:
    rules = [["< 10", '"land"', "1"], ["< 20", '"house"', "2"], ["> 5", '"house"', "3"]]
    (pair,) = found(["area", "kind"], rules)
    assert pair[:2] == (2, 3)
    assert 5 < next(iter(pair[2].values())) < 20


def test_what_more_than_the_value_decides_is_left_to_the_run() -> None:
    assert found(["age"], [["< limit", "1"], ["> 5", "2"]]) == []
    assert found(["age", "age"], [["< 5", "-", "1"], ["-", "> 5", "2"]]) == []


def test_only_policies_that_ask_for_one_rule() -> None:
    rules = [["< 10", "1"], ["< 20", "1"], ["< 30", "2"]]
    assert found(["age"], rules, "FIRST") == []
    assert [each[:2] for each in found(["age"], rules, "ANY")] == [(1, 3), (2, 3)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 9)), min_size=2, max_size=4))
def test_intervals_overlap_just_when_a_value_stops_the_table(spans: list[tuple[int, int]]) -> None:
    rules = [[f"[{low}..{low + width}]", str(no)] for no, (low, width) in enumerate(spans)]
    decision = read_decision(table(["age"], ["fee"], rules))
    stopped = False
    for age in range(-10, 20):
        try:
            decide(decision, {"age": age})
        except DecisionError:
            stopped = True
    assert bool(overlaps(decision)) is stopped
