"""Merge of a whole package: drawing, forms, decision tables, and who works in the lanes.

Three-way where there is a common base; two-way, by a person's choices alone, where there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from leancity.core.processes.bpmn.diff import Change, diff
from leancity.core.processes.bpmn.reader import read
from leancity.core.processes.expressions.decisions import read_decision
from leancity.core.processes.expressions.errors import ExpressionError
from leancity.core.processes.packages.merging.documents import merge_documents
from leancity.core.processes.packages.merging.values import GONE, THEIRS, Conflict, Merging
from leancity.core.processes.xml import XmlError


@dataclass(frozen=True, kw_only=True)
class Whole:
    """One side: the drawing, forms (``title``, ``data_schema``, ``ui_schema``), tables (``title``, ``xml``) and lanes
    (the fields of ``LaneCard``) by their keys."""

    xml: bytes
    forms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    decisions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    lanes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Merged:
    """What becomes of the three sides. While a conflict is open, mine stands in its place."""

    whole: Whole
    conflicts: tuple[Conflict, ...]

    @property
    def open(self) -> tuple[Conflict, ...]:
        """The conflicts that nobody has chosen in."""
        return tuple(each for each in self.conflicts if not each.choice)


@dataclass(frozen=True, kw_only=True)
class Differences:
    """What one side changed of another: elements of the drawing, and the keys of all else by what became of it."""

    drawing: tuple[Change, ...]
    forms: Mapping[str, str]
    decisions: Mapping[str, str]
    lanes: Mapping[str, str]


def merge(base: Whole, mine: Whole, theirs: Whole, choices: Mapping[str, str]) -> Merged:
    """Return what becomes of three sides; ``choices``: mine or theirs by a conflict's address. CPU, no database."""
    merging = Merging(
        choices=choices,
        conflicts=[],
        leaves=frozenset(f"lanes/{lane}" for side in (base, mine, theirs) for lane in side.lanes),
    )
    xml = merge_documents(base.xml, mine.xml, theirs.xml, "drawing", merging)
    forms = merging.merged(base.forms, mine.forms, theirs.forms, "forms")
    lanes = merging.merged(base.lanes, mine.lanes, theirs.lanes, "lanes")
    decisions = _decisions(base.decisions, mine.decisions, theirs.decisions, merging)
    whole = Whole(xml=xml, forms=forms, decisions=decisions, lanes=lanes)
    return Merged(whole=whole, conflicts=tuple(merging.conflicts))


def choose(mine: Whole, theirs: Whole, choices: Mapping[str, str]) -> Merged:
    """Return what becomes of two sides that have no common base: each part that is not alike is a person's choice.

    Parts are elements of the drawing, whole forms, whole tables, and who works in a lane. A lane that one side only
    binds is no choice: without its lane a binding does nothing. A drawing of which one side is chosen throughout is
    that side's, byte for byte. CPU, no database.
    """
    merging = Merging(choices=choices, conflicts=[])
    xml = merge_documents(None, mine.xml, theirs.xml, "drawing", merging)
    sides = {each.choice == THEIRS for each in merging.conflicts}
    if len(sides) < 2:
        xml = theirs.xml if True in sides else mine.xml
    forms = _chosen_parts(mine.forms, theirs.forms, "forms", merging)
    decisions = _chosen_parts(mine.decisions, theirs.decisions, "decisions", merging)
    lanes = _chosen_parts({**theirs.lanes, **mine.lanes}, {**mine.lanes, **theirs.lanes}, "lanes", merging)
    whole = Whole(xml=xml, forms=forms, decisions=decisions, lanes=lanes)
    return Merged(whole=whole, conflicts=tuple(merging.conflicts))


def _chosen_parts(mine: Mapping[str, Any], theirs: Mapping[str, Any], address: str, merging: Merging) -> dict[str, Any]:
    found = {}
    for key in dict.fromkeys([*mine, *theirs]):
        here, there = mine.get(key, GONE), theirs.get(key, GONE)
        value = here
        if here != there:
            value = merging.disputed(f"{address}/{key}", _title(here, there, key), here, there)
        if value is not GONE:
            found[key] = value
    return found


def _title(mine: Any, theirs: Any, key: str) -> str:
    titles = (each.get("title", "") for each in (mine, theirs) if each is not GONE)
    return next((each for each in titles if each), key)


def differences(old: Whole, new: Whole) -> Differences:
    """Return what is otherwise in ``new``. CPU."""
    return Differences(
        drawing=diff(read(old.xml), read(new.xml)).changes,
        forms=_differing(old.forms, new.forms),
        decisions=_differing(old.decisions, new.decisions),
        lanes=_differing(old.lanes, new.lanes),
    )


def _decisions(
    base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any], merging: Merging
) -> dict[str, Any]:
    found = {}
    for key in dict.fromkeys([*mine, *theirs]):
        was, here, there = (each.get(key, GONE) for each in (base, mine, theirs))
        value = _decision(was, here, there, f"decisions/{key}", merging)
        if value is not GONE:
            found[key] = value
    return found


def _decision(base: Any, mine: Any, theirs: Any, address: str, merging: Merging) -> Any:
    """Merge a table rule by rule where all sides have it and that makes a table again; else as one."""
    if GONE in (base, mine, theirs) or base["xml"] in (mine["xml"], theirs["xml"]) or mine["xml"] == theirs["xml"]:
        return merging.merged(base, mine, theirs, address)
    inner = Merging(choices=merging.choices, conflicts=[])
    was, here, there = (each["xml"].encode() for each in (base, mine, theirs))
    xml = merge_documents(was, here, there, address, inner).decode()
    try:
        read_decision(xml.encode())
    except (ExpressionError, XmlError):
        # A column of one side and a rule of the other: no cell of it can be guessed.
        return merging.disputed(address, mine["title"], mine, theirs, (mine["xml"][:4000], theirs["xml"][:4000]))
    merging.conflicts.extend(inner.conflicts)
    title = merging.merged(base["title"], mine["title"], theirs["title"], f"{address}/title")
    return {"title": title, "xml": xml}


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for key in dict.fromkeys([*old, *new]):
        if key not in old:
            found[key] = "added"
        elif key not in new:
            found[key] = "removed"
        elif old[key] != new[key]:
            found[key] = "changed"
    return found
