"""Where refusals and reads of personal data are noted, to be written past the work that they belong to."""

from __future__ import annotations

import uuid
from collections import deque
from dataclasses import dataclass

MOST = 10_000


@dataclass(frozen=True, kw_only=True)
class Note:
    """A row to be."""

    outcome: str
    actor_kind: str
    actor_id: uuid.UUID | None
    action: str
    subject: str
    subject_id: uuid.UUID | None


_notes: deque[Note] = deque(maxlen=MOST)


def refused(
    actor_kind: str, actor_id: uuid.UUID | None, permission: str, subject: str = "", subject_id: uuid.UUID | None = None
) -> None:
    """Note that somebody was refused ``permission``, perhaps for one subject. Never raises."""
    _notes.append(
        Note(
            outcome="refused",
            actor_kind=actor_kind,
            actor_id=actor_id,
            action=permission,
            subject=subject,
            subject_id=subject_id,
        )
    )
