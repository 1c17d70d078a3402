"""The job that is being done, for what speaks to the outside."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class _Running:
    job_id: uuid.UUID
    is_repeat: bool


_running: ContextVar[_Running | None] = ContextVar("leancity_job", default=None)


@contextmanager
def running(job_id: uuid.UUID, *, is_repeat: bool) -> Iterator[None]:
    """Do a job until the block ends."""
    token = _running.set(_Running(job_id=job_id, is_repeat=is_repeat))
    try:
        yield
    finally:
        _running.reset(token)


def effect_key() -> str:
    """Return the key by which a receiver can tell a second delivery: the same at every attempt of the job."""
    return str(_current().job_id)


def is_repeat() -> bool:
    """Tell whether an earlier attempt may have reached the receiver already."""
    return _current().is_repeat


def _current() -> _Running:
    running = _running.get()
    if running is None:
        raise LookupError("no job is being done here")
    return running
