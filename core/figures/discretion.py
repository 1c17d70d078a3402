"""What is too small to be told: a figure must not point at a person."""

from __future__ import annotations

from collections.abc import Mapping

from leancity.core.figures.measures import OUTCOME, Reckoned


def told(found: Mapping[str, Reckoned], counts: frozenset[str], least: int) -> dict[str, Reckoned | None]:
    """Return what may be told of the measures of one month, by key; None for what is over too few cases.

    Too few are fewer than ``least``: the cases a figure is over, and of the ``counts`` (whose value is itself a number
    of cases) what they count, unless that is none out of enough. Where the hidden outcomes add up to too few, the
    smallest one that would be told is hidden with them: it would give them away by subtraction.
    """
    shown = {key: None if _is_too_few(each, key in counts, least) else each for key, each in found.items()}
    outcomes = {key: each for key, each in found.items() if key.startswith(OUTCOME)}
    hidden = sum(int(each.value or 0) for key, each in outcomes.items() if shown[key] is None)
    while 0 < hidden < least:
        tellable = [(each.value or 0, key) for key, each in outcomes.items() if shown[key] is not None and each.value]
        if not tellable:
            break
        value, key = min(tellable)
        shown[key] = None
        hidden += int(value)
    return shown


def _is_too_few(figure: Reckoned, is_count: bool, least: int) -> bool:
    return figure.value is None or figure.cases < least or (is_count and 0 < figure.value < least)
