"""What a city's registry holds already, and what the words of a file mean in it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, TypeAlias

from leancity.core.db.unit import Unit
from leancity.core.errors import Problem

NEAREST = 3
"""How many candidates are named for a word that means nothing."""
_SHOWN = 80  # characters of a word that a reason quotes

Natural: TypeAlias = tuple[Any, ...]
"""What a row of the registry is found again by: its key, or its function and its place or its system."""

_UNITS = "select id, key, title from org_unit where tenant_id = $1"
_PEOPLE = "select id, login as key, name as title from user_account where tenant_id = $1 and kind = 'staff'"
_POWERS = "select * from power where tenant_id = $1"
_POSITIONS = "select * from staff_position where tenant_id = $1"
_DUTIES = "select * from position_duty where tenant_id = $1"
_SYSTEMS = "select * from it_system where tenant_id = $1"
# Locked: whoever changes a function meanwhile waits, and loses nothing.
_FUNCTIONS = "select * from city_function where tenant_id = $1 order by id for no key update"
_FUNCTIONS_SEEN = "select * from city_function where tenant_id = $1"
_OPERATIONS = "select * from function_operation where tenant_id = $1"
_USES = "select * from function_system where tenant_id = $1"


class Directory:
    """Rows by what they are found by, and names by their words."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[Natural, Mapping[str, Any]]] = {}
        self._named: dict[str, dict[str, set[uuid.UUID]]] = {}
        self._shown: dict[str, dict[str, str]] = {}

    @classmethod
    async def read(cls, unit: Unit, *, locked: bool) -> Directory:
        """Read the city's registry within the caller's unit; ``locked``: nobody changes its functions meanwhile."""
        found, fetch, tenant_id = cls(), unit.connection.fetch, unit.tenant_id
        found._add_names("unit", map(dict, await fetch(_UNITS, tenant_id)))
        found._add_names("person", map(dict, await fetch(_PEOPLE, tenant_id)))
        functions = await (fetch(_FUNCTIONS, tenant_id) if locked else fetch(_FUNCTIONS_SEEN, tenant_id))
        keyed = {
            "powers": await fetch(_POWERS, tenant_id),
            "positions": await fetch(_POSITIONS, tenant_id),
            "duties": await fetch(_DUTIES, tenant_id),
            "systems": await fetch(_SYSTEMS, tenant_id),
            "functions": functions,
        }
        for kind, rows in keyed.items():
            found.rows[kind] = {(row["key"],): dict(row) for row in rows}
            found._add_names(kind, found.rows[kind].values())
        operations, uses = await fetch(_OPERATIONS, tenant_id), await fetch(_USES, tenant_id)
        found.rows["operations"] = {(row["function_id"], row["place"]): dict(row) for row in operations}
        found.rows["uses"] = {(row["function_id"], row["system_id"]): dict(row) for row in uses}
        return found

    def add(self, kind: str, natural: Natural, row: Mapping[str, Any]) -> None:
        """Take a line of the file as a row that the lines behind it may name."""
        self.rows[kind][natural] = row
        if "key" in row:
            self._add_names(kind, [row])

    def meant(self, kind: str, said: str, field: str) -> uuid.UUID | Problem:
        """Return what a word means, by key first, or why it can't be told."""
        known = self._named.get(kind, {})
        ids = known.get(f"key:{_folded(said)}") or known.get(f"title:{_folded(said)}") or set()
        if len(ids) == 1:
            return next(iter(ids))
        if ids:
            params = {"value": said[:_SHOWN], "count": len(ids)}
            return Problem(code="registry_reference_ambiguous", field=field, params=params)
        nearest = self._nearest(kind, said)
        if not nearest:
            return Problem(code="registry_reference_unknown", field=field, params={"value": said[:_SHOWN]})
        params = {"value": said[:_SHOWN], "nearest": "», «".join(nearest)}
        return Problem(code="registry_reference_nearest", field=field, params=params)

    def _nearest(self, kind: str, said: str) -> list[str]:
        if kind == "person":
            return []  # names of people are in no message
        shown = self._shown.get(kind, {})
        return [shown[found] for found in get_close_matches(_folded(said), shown, n=NEAREST)]

    def _add_names(self, kind: str, rows: Iterable[Mapping[str, Any]]) -> None:
        known, shown = self._named.setdefault(kind, {}), self._shown.setdefault(kind, {})
        for row in rows:
            known.setdefault(f"key:{_folded(row['key'])}", set()).add(row["id"])
            known.setdefault(f"title:{_folded(row['title'])}", set()).add(row["id"])
            shown[_folded(row["key"])], shown[_folded(row["title"])] = row["key"], row["title"]


def _folded(words: str) -> str:
    return " ".join(words.casefold().replace("ё", "е").split())
