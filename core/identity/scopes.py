"""How far a permission reaches: ``core.case.read@subtree`` in a role, from a unit and within a territory by the grant.

``own``: rows the person filed or is assigned to. ``unit``: also those of the unit where the grant begins. ``subtree``:
also those of the units below it. ``all``: every row. A scope stops at the border of a legal entity: from outside it
does not enter a subordinate one (only the municipality's own ``all`` does), from inside it does not leave its own,
unless the grant says ``across_entities``.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Scope(StrEnum):
    """From the narrowest to the widest."""

    OWN = "own"
    UNIT = "unit"
    SUBTREE = "subtree"
    ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Rows of these ``units`` (None: of every unit and of none), within a territory where one is named.

    One's own rows are within every reach.
    """

    units: frozenset[uuid.UUID] | None = None
    territory_id: uuid.UUID | None = None


EVERYWHERE = Reach()

Grants: TypeAlias = Mapping[str, frozenset[Reach]]
"""Permission to its reaches; an empty set reaches one's own rows only."""


def covers(mine: Grants, theirs: Grants) -> bool:
    """Tell whether who has ``mine`` may do all that who has ``theirs`` may, as far as they may."""
    return all(
        name in mine and all(any(_within(reach, wider) for wider in mine[name]) for reach in reaches)
        for name, reaches in theirs.items()
    )


def _within(reach: Reach, wider: Reach) -> bool:
    if wider.territory_id is not None and wider.territory_id != reach.territory_id:
        return False
    return wider.units is None or (reach.units is not None and reach.units <= wider.units)


def parse(entry: str) -> tuple[str, Scope]:
    """Return a role's entry as permission and scope; raise ``ValueError`` for an unknown scope."""
    name, _, scope = entry.partition("@")
    return name, Scope(scope or Scope.ALL)


def entry_of(name: str, scope: Scope) -> str:
    """Return the entry of a role, which names no scope where it is ``all``."""
    return name if scope is Scope.ALL else f"{name}@{scope}"


def everywhere(names: Iterable[str]) -> Grants:
    """Return grants of ``names`` that reach every row."""
    return dict.fromkeys(names, frozenset({EVERYWHERE}))
