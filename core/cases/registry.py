"""The kinds of case that exist: in this installation, and in the city being served.

A case whose kind is not among the city's does not exist for it: every read, list, count and search passes here.
"""

from __future__ import annotations

from typing import Any

from leancity.core.cases.kinds import CaseKind
from leancity.core.customs.kinds import kinds_of
from leancity.core.errors import refuse
from leancity.core.plugins.gate import require_open
from leancity.core.plugins.manager import installed_modules
from leancity.core.tenancy.context import current_customs, current_modules


def open_kinds() -> dict[str, CaseKind]:
    """Return the kinds of the modules that the city has, by key, with the names and the targets of the city."""
    return dict(kinds_of(installed_modules(), current_modules(), current_customs()))


def kind_to_file(key: str) -> CaseKind:
    """Return the kind of a new case. ``ModuleClosed``: the city hasn't its module. ``Refused``: no such kind."""
    require_open(key)
    kind = open_kinds().get(key)
    if kind is None:
        raise refuse("not_found", "kind")
    return kind


async def apply_rules(rule: str, **arguments: Any) -> None:
    """Ask the city's modules whether something may happen; the ``Refused`` of one aborts it."""
    await installed_modules().apply_rules(rule, current_modules(), **arguments)
