"""What a step says: what the case waits for now, what it passed, what it told the world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

Kind: TypeAlias = Literal["user", "service", "timer", "message", "signal"]


@dataclass(frozen=True, slots=True)
class Wait:
    """One thing that a case waits for.

    ``task_id`` stays the same until it is over. ``name`` is a service task's topic, the name of a message or signal.
    ``due_at`` (UTC) is a timer's. ``attempt`` counts from 1 how often the case came to this node. ``boundary_of`` is
    the wait or activity that a boundary event hangs on. ``facts`` are those of an item of a multi-instance activity:
    they lie over the case's.
    """

    task_id: UUID
    node_id: str
    kind: Kind
    title: str
    lane: str = ""
    due_at: datetime | None = None
    name: str = ""
    correlation: str = ""
    attempt: int = 1
    boundary_of: UUID | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Passed:
    """A node that a step entered or left. ``type`` is BPMN's name of it, ``flow_id`` the sequence flow it was entered
    by, the empty text where there was none."""

    task_id: UUID
    node_id: str
    type: str
    title: str
    flow_id: str = ""


@dataclass(frozen=True, slots=True)
class Thrown:
    """What a step told the world: a message, a signal, an escalation nobody in the model hears, or the error that ended
    the case. ``facts`` are the case's at that moment."""

    kind: Literal["message", "signal", "escalation", "error"]
    node_id: str
    name: str
    correlation: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """A case after a step. ``state`` is None once it is finished; ``cancelled`` are waits that are over undone;
    ``ended_at`` are the process's end events that this step reached."""

    state: str | None
    facts: dict[str, Any]
    waits: tuple[Wait, ...]
    entered: tuple[Passed, ...]
    left: tuple[Passed, ...]
    cancelled: tuple[UUID, ...]
    thrown: tuple[Thrown, ...]
    is_finished: bool
    ended_at: tuple[str, ...]
