"""A stored state under another version's table of names: same tokens, same ids, same facts.

Nothing runs here. A token stands on a task of the library, by name; where the other version has no such task of the
same sort in the same scope, or would wait for something else there, the state can't be moved.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from leancity.core.processes.engine import codec
from leancity.core.processes.engine.errors import StepError
from leancity.core.processes.engine.program import CHILD, Program
from leancity.core.processes.engine.run import Wait
from leancity.core.processes.engine.safe_engine import Functions
from leancity.core.processes.engine.waits import waits_of


def standing(program: Program, state: str) -> frozenset[str]:
    """Return the ids of the nodes that a state holds tokens of: where it waits, what surrounds that, open joins."""
    rows = (row for entry in json.loads(state)["w"] for row in entry["t"])
    names = {program.names[row[2]].removesuffix(CHILD) for row in rows}
    return frozenset(program.nodes[name].id for name in names if name in program.nodes)


def visited(program: Program, state: str) -> frozenset[str]:
    """Return the ids of the nodes whose work a state has come to so far."""
    names = (program.names[int(place)] for place in json.loads(state)["n"])
    return frozenset(program.nodes[name].id for name in names if name in program.nodes)


def translated(old: Program, new: Program, state: str, at: datetime, functions: Functions) -> str:
    """Return a state of ``old`` as one of ``new``; what is asked of it now must be the same, but for what it is called.

    StepError: ``process_move_gone`` or ``process_move_waits``, with the element.
    """
    data: dict[str, Any] = json.loads(state)
    for entry in data["w"]:
        for row in entry["t"]:
            row[2] = _place(old, new, row[2])
    visits = ((old.names[int(place)], times) for place, times in data["n"].items())
    data["n"] = {str(new.places[name]): times for name, times in visits if name in new.places}
    moved = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    before = _asked(waits_of(codec.loads(old, state, at, functions)))
    try:
        after = _asked(waits_of(codec.loads(new, moved, at, functions)))
    except StepError:
        raise StepError("process_move_waits", _first(before)) from None
    if before != after:
        differing = {key: value for key, value in before.items() if after.get(key) != value}
        raise StepError("process_move_waits", _first(differing or after))
    return moved


def _place(old: Program, new: Program, place: int) -> int:
    name = old.names[place]
    was, now = old.nodes.get(name.removesuffix(CHILD)), new.nodes.get(name.removesuffix(CHILD))
    if name not in new.places or (was is not None and (now is None or now.type != was.type)):
        raise StepError("process_move_gone", "" if was is None else was.id)
    return new.places[name]


def _asked(waits: tuple[Wait, ...]) -> Mapping[UUID, tuple[str, str, str, str]]:
    return {wait.task_id: (wait.node_id, wait.kind, wait.name, wait.correlation) for wait in waits}


def _first(waits: Mapping[UUID, tuple[str, str, str, str]]) -> str:
    return min((node_id for node_id, *_ in waits.values()), default="")
