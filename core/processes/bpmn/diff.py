"""What changed between two drawings of a process.

Elements are matched by id; what is left, by kind and name, for an editor that gave new ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from leancity.core.processes.bpmn.model import Drawing, Flow, Lane, Node, ProcessModel

T = TypeVar("T", Node, Flow, Lane)

_NOT_COMPARED = frozenset({"id", "nodes"})


@dataclass(frozen=True, slots=True)
class Change:
    """One element of which something differs. ``kind``: process, node, flow, lane; ``what``: added, removed, renamed,
    moved (to another lane or sub-process), changed. ``field`` names the attribute (``metrics.lead_s``), with its value
    ``before`` and ``after``; all three are empty for what was added or removed.

    ``element`` is the id in the new drawing, in the old one of what was removed.
    """

    kind: str
    what: str
    element: str
    title: str
    field: str = ""
    before: Any = None
    after: Any = None


@dataclass(frozen=True, slots=True)
class Diff:
    """What changed; ``ids`` are the ids of nodes and flows in the old drawing by those in the new one, where they
    differ."""

    changes: tuple[Change, ...]
    ids: Mapping[str, str] = field(default_factory=dict)

    def of(self, what: str, kind: str = "") -> tuple[Change, ...]:
        """Return the changes of one sort."""
        return tuple(change for change in self.changes if change.what == what and kind in ("", change.kind))


def diff(old: Drawing, new: Drawing, process_id: str = "") -> Diff:
    """Return what changed between two drawings, or in one process of them.

    Without ``process_id`` processes are matched by id, and the only one of each file with the other.
    """
    before = [model for model in old.processes if model.nodes and process_id in ("", model.id)]
    after = [model for model in new.processes if model.nodes and process_id in ("", model.id)]
    pairs = _pairs(before, after)
    changes: list[Change] = []
    ids: dict[str, str] = {}
    for was, now in pairs:
        changes += _of_process(was, now, ids)
    paired_old, paired_new = {was.id for was, _ in pairs}, {now.id for _, now in pairs}
    changes += [Change("process", "removed", model.id, model.title) for model in before if model.id not in paired_old]
    changes += [Change("process", "added", model.id, model.title) for model in after if model.id not in paired_new]
    return Diff(tuple(changes), ids)


def _pairs(before: list[ProcessModel], after: list[ProcessModel]) -> list[tuple[ProcessModel, ProcessModel]]:
    if len(before) == len(after) == 1:
        return [(before[0], after[0])]
    by_id = {model.id: model for model in reversed(after)}
    return [(model, by_id[model.id]) for model in before if model.id in by_id]


def _of_process(was: ProcessModel, now: ProcessModel, ids: dict[str, str]) -> list[Change]:
    changes = []
    for name in ("title", "metrics", "term", "documentation"):
        changes += _changed("process", now.id, now.title, name, getattr(was, name), getattr(now, name))
    nodes = _matched(was.nodes, now.nodes, lambda node: (node.type, node.title))
    renamed = {old.id: new.id for old, new in nodes if old.id != new.id}
    changes += _of_elements("node", was.nodes, now.nodes, nodes, renamed)
    flows = _matched(
        was.flows,
        now.flows,
        lambda flow: (renamed.get(flow.source, flow.source), renamed.get(flow.target, flow.target), flow.title),
        lambda flow: (flow.source, flow.target, flow.title),
    )
    renamed_flows = {old.id: new.id for old, new in flows if old.id != new.id}
    changes += _of_elements("flow", was.flows, now.flows, flows, {**renamed, **renamed_flows})
    lanes = _matched(was.lanes, now.lanes, lambda lane: (lane.title,))
    changes += _of_elements("lane", was.lanes, now.lanes, lanes, {o.id: n.id for o, n in lanes})
    ids.update({new: old for old, new in {**renamed, **renamed_flows}.items()})
    return changes


def _matched(before: Iterable[T], after: Iterable[T], key: Any, key_after: Any = None) -> list[tuple[T, T]]:
    """Return what is the same in both: of the same id and kind, else the only ones left with the same key."""
    old, new = {each.id: each for each in before}, {each.id: each for each in after}
    pairs = [(each, new[identity]) for identity, each in old.items() if identity in new]
    left_old: dict[Any, list[T]] = {}
    left_new: dict[Any, list[T]] = {}
    for identity, each in old.items():
        if identity not in new:
            left_old.setdefault(key(each), []).append(each)
    for identity, each in new.items():
        if identity not in old:
            left_new.setdefault((key_after or key)(each), []).append(each)
    # Several of one kind and name keep their order: editors write elements as they stood.
    for same, candidates in left_old.items():
        pairs += list(zip(candidates, left_new.get(same, []), strict=False))
    return pairs


def _of_elements(
    kind: str, before: Iterable[T], after: Iterable[T], pairs: list[tuple[T, T]], renamed: Mapping[str, str]
) -> list[Change]:
    old_ids, new_ids = {old.id for old, _ in pairs}, {new.id for _, new in pairs}
    changes = [Change(kind, "added", each.id, each.title) for each in after if each.id not in new_ids]
    changes += [Change(kind, "removed", each.id, each.title) for each in before if each.id not in old_ids]
    for old, new in pairs:
        for each in fields(old):
            if each.name in _NOT_COMPARED:
                continue
            was, now = getattr(old, each.name), getattr(new, each.name)
            if isinstance(was, str):
                was = renamed.get(was, was) if each.name in _REFERENCES else was
            changes += _changed(kind, new.id, new.title, each.name, was, now)
    return changes


_REFERENCES = frozenset({"source", "target", "parent", "attached_to", "default"})
_MOVES = {"lane": "moved", "parent": "moved", "title": "renamed"}


def _changed(kind: str, element: str, title: str, name: str, was: Any, now: Any) -> list[Change]:
    """Return the differences of one attribute, of each of its parts where it has some."""
    if was == now:
        return []
    parts = was if was is not None else now
    if hasattr(parts, "__dataclass_fields__"):
        found = []
        for part in fields(parts):
            inner = (None if side is None else getattr(side, part.name) for side in (was, now))
            found += _changed(kind, element, title, f"{name}.{part.name}", *inner)
        return found
    return [Change(kind, _MOVES.get(name, "changed"), element, title, name, was, now)]
