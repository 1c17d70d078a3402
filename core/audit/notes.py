"""Rows of the audit log to be, and the bounded buffer in which they wait."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from leancity.core.moment import now

LOST = "core.audit.lost"
"""The action of a row that tells how many notes (``repeats``) found no place."""


@dataclass(frozen=True, kw_only=True)
class Note:
    """A row to be, as it was when it was taken; ``data`` is JSON."""

    tenant_id: int
    at: datetime
    request_id: str
    outcome: str
    actor_kind: str
    actor_id: uuid.UUID | None
    action: str
    subject: str = ""
    subject_id: uuid.UUID | None = None
    data: str = "{}"
    repeats: int = 1

    @property
    def sameness(self) -> Hashable:
        """What two notes have in common that become one row."""
        who = (self.tenant_id, self.actor_kind, self.actor_id)
        return (*who, self.outcome, self.action, self.subject, self.subject_id, self.data)


class Buffer:
    """Holds at most ``most`` different notes; equal ones are counted on the first. Of what finds no place the number
    is kept, by city, and taken out as a note of its own. Safe to use from any thread."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._notes: dict[Hashable, Note] = {}
        self._lost: Counter[int] = Counter()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._notes) + len(self._lost)

    def add(self, notes: Iterable[Note]) -> None:
        """Take notes in; never raises."""
        with self._lock:
            for note in notes:
                known = self._notes.get(note.sameness)
                if known is not None:
                    self._notes[note.sameness] = replace(known, repeats=known.repeats + note.repeats)
                elif note.action == LOST or len(self._notes) >= self._most:
                    self._lost[note.tenant_id] += note.repeats
                else:
                    self._notes[note.sameness] = note

    def take(self) -> dict[int, list[Note]]:
        """Empty the buffer and return what was in it by city, the eldest first."""
        with self._lock:
            notes, lost = self._notes, self._lost
            self._notes, self._lost = {}, Counter()
        taken: dict[int, list[Note]] = {}
        for note in [*notes.values(), *(_lost(tenant_id, number) for tenant_id, number in lost.items())]:
            taken.setdefault(note.tenant_id, []).append(note)
        return taken


def _lost(tenant_id: int, number: int) -> Note:
    return Note(
        tenant_id=tenant_id,
        at=now(),
        request_id="",
        outcome="refused",
        actor_kind="system",
        actor_id=None,
        action=LOST,
        repeats=number,
    )
