"""Three-way merge of JSON: forms and bindings, part by part.

What one side changed is taken, what both changed alike is kept, the rest is a conflict at its own place. Lists of texts
(required fields, their order) are ordered sets: what either side added is added, what either took out is out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MINE, THEIRS = "mine", "theirs"


def chosen(choices: Mapping[str, str], address: str) -> str:
    """Return what was chosen at an address or, where nothing was, at the nearest one around it (``drawing`` of
    ``drawing/sign``); "" for nothing."""
    while address not in choices and "/" in address:
        address = address.rpartition("/")[0]
    return choices.get(address, "")


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """What both sides changed otherwise. ``address`` is what a choice names; ``mine`` and ``theirs`` are each side as
    it can be shown, None where that side has taken it out. ``choice``: mine, theirs, "" while nobody has chosen."""

    address: str
    title: str
    mine: Any
    theirs: Any
    choice: str = ""


class _Gone:
    def __repr__(self) -> str:
        return "gone"


GONE: Any = _Gone()
"""A side that hasn't the value."""


@dataclass(frozen=True, kw_only=True)
class Merging:
    """One merge under way: the choices that were made, and the conflicts found so far."""

    choices: Mapping[str, str]
    conflicts: list[Conflict]
    leaves: frozenset[str] = frozenset()

    def merged(self, base: Any, mine: Any, theirs: Any, address: str, title: str = "") -> Any:
        """Return what becomes of a value, ``GONE`` where nothing does; an unsettled conflict keeps mine."""
        if mine == theirs or theirs == base:
            return mine
        if mine == base:
            return theirs
        if isinstance(mine, Mapping) and isinstance(theirs, Mapping) and address not in self.leaves:
            return self._mapping(base if isinstance(base, Mapping) else {}, mine, theirs, address)
        if all(_is_ordered_set(each) for each in (base, mine, theirs)):
            return _ordered(base, mine, theirs)
        return self.disputed(address, title or address, mine, theirs)

    def disputed(self, address: str, title: str, mine: Any, theirs: Any, shown: tuple[Any, Any] | None = None) -> Any:
        """Note a conflict and return what was chosen of it, mine while nobody has chosen."""
        choice = chosen(self.choices, address)
        seen = shown or (None if mine is GONE else mine, None if theirs is GONE else theirs)
        self.conflicts.append(Conflict(address=address, title=title, mine=seen[0], theirs=seen[1], choice=choice))
        return theirs if choice == THEIRS else mine

    def _mapping(
        self, base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any], address: str
    ) -> dict[str, Any]:
        found = {}
        for key in dict.fromkeys([*mine, *theirs]):
            was, here, there = (each.get(key, GONE) for each in (base, mine, theirs))
            value = self.merged(was, here, there, f"{address}/{key}")
            if value is not GONE:
                found[key] = value
        return found


def _is_ordered_set(value: Any) -> bool:
    is_list = isinstance(value, list) and all(isinstance(each, str) for each in value)
    return is_list and len({*value}) == len(value)


def _ordered(base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]) -> list[str]:
    out = {each for each in base if each not in mine or each not in theirs}
    return [each for each in dict.fromkeys([*mine, *theirs]) if each not in out]
