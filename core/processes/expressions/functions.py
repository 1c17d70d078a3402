"""The functions of the language: a table by snake_case name; nothing that isn't in it can be called."""

from __future__ import annotations

from leancity.core.processes.expressions import on_lists, on_numbers, on_texts, on_times
from leancity.core.processes.expressions.table import ALIASES, FUNCTIONS, Function

__all__ = ["ALIASES", "FUNCTIONS", "SPACED", "Function", "on_lists", "on_numbers", "on_texts", "on_times"]

SPACED = {
    tuple(feel.split(" ")): name
    for feel, name in (
        *((each.feel, each.name) for each in FUNCTIONS.values()),
        *((alias.replace("_", " "), name) for alias, name in ALIASES.items()),
    )
    if " " in feel
}
"""The words of a function's name with blanks → its name in the table."""
