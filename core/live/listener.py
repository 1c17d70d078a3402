"""What one subscription has heard and not yet told: by subject, each once, and no more than a bounded number."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field

MOST = 1_000
"""Subjects that wait at most; one more, and the subscription has to look anew."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """``subjects`` have changed; ``is_resync``: others may have changed too, and nobody can tell which."""

    subjects: tuple[uuid.UUID, ...]
    is_resync: bool


@dataclass(eq=False, kw_only=True)
class Listener:
    """``is_begun``: whoever listens counts on hearing everything from now on."""

    topic: str
    subject_id: uuid.UUID | None
    is_begun: bool = False
    _waiting: dict[uuid.UUID, None] = field(default_factory=dict)
    _must_resync: bool = False
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, subject_id: uuid.UUID) -> None:
        """Note that a subject has changed."""
        if len(self._waiting) >= MOST and subject_id not in self._waiting:
            self.resync()
            return
        self._waiting[subject_id] = None
        self._woken.set()

    def resync(self) -> None:
        """Note that something may have been missed."""
        self._waiting.clear()
        self._must_resync = True
        self._woken.set()

    async def heard(self, *, most: int, gathering: float = 0) -> Heard:
        """Return at most ``most`` subjects as soon as there is one, or ``gathering`` seconds after it."""
        await self._woken.wait()
        if gathering:
            await asyncio.sleep(gathering)
        subjects = tuple(self._waiting)[:most]
        for subject in subjects:
            del self._waiting[subject]
        is_resync, self._must_resync = self._must_resync, False
        if not self._waiting:
            self._woken.clear()
        return Heard(subjects=subjects, is_resync=is_resync)
