"""Where refusals and reads of personal data are noted, to be recorded past the work that they belong to.

*Refusals* (and whatever else must outlast a rolled-back transaction) wait in a buffer of this process; ``flush`` writes
it down, about once a second (``core.audit.keeper``). *Reads* are collected by the passage through a door in which they
happen, and are written before its answer leaves: outside any passage nothing personal may be read.

Knows no principal: ``core.identity.principal`` stands on this, ``core.audit.log`` on both.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

import asyncpg
import structlog

from leancity.core.audit.notes import Buffer, Note
from leancity.core.audit.writing import AuditUnavailable, write
from leancity.core.log import current_request_id
from leancity.core.moment import now
from leancity.core.tenancy.context import current_tenant_id

MOST = 10_000
"""Different notes that wait at most, here and in a passage."""

log = structlog.get_logger()
_buffer = Buffer(MOST)


class NoPassageError(LookupError):
    """Personal data was read where nobody would record it. Always a bug of the caller."""


def refused(
    actor_kind: str,
    actor_id: uuid.UUID | None,
    permission: str,
    subject: str = "",
    subject_id: uuid.UUID | None = None,
    *,
    data: str = "{}",
) -> None:
    """Note that somebody was refused ``permission``, perhaps for one subject. Never raises.

    Any past-tense action may stand for the permission, and ``data`` (JSON without personal values) beside it. Outside a
    city there is no log to write to.
    """
    note = _note("refused", actor_kind, actor_id, permission, subject, subject_id, data)
    if note is not None:
        _buffer.add([note])


def read(actor_kind: str, actor_id: uuid.UUID | None, action: str, subject: str, subject_id: uuid.UUID | None) -> None:
    """Note a read of personal data on the current passage; raise ``NoPassageError`` outside one."""
    collecting = _passage.get()
    note = _note("read", actor_kind, actor_id, action, subject, subject_id, "{}")
    if collecting is None or note is None:
        raise NoPassageError(f"{action} outside any door: open core.audit.desk.passage() around it")
    collecting.reads.add([note])


def _note(
    outcome: str,
    actor_kind: str,
    actor_id: uuid.UUID | None,
    action: str,
    subject: str,
    subject_id: uuid.UUID | None,
    data: str,
) -> Note | None:
    tenant_id = current_tenant_id()
    if tenant_id is None:
        return None
    return Note(
        tenant_id=tenant_id,
        at=now(),
        request_id=current_request_id(),
        outcome=outcome,
        actor_kind=str(actor_kind),
        actor_id=actor_id,
        action=action,
        subject=subject,
        subject_id=subject_id,
        data=data,
    )


async def flush() -> None:
    """Write down what waits. What can't be written now waits on, and ``AuditUnavailable`` is raised.

    Rows that the database will never take (a text with a NUL, a city that is gone) are dropped and logged.
    """
    failure: AuditUnavailable | None = None
    for tenant_id, notes in _buffer.take().items():
        try:
            await write(tenant_id, notes)
        except AuditUnavailable as error:
            if isinstance(error.__cause__, asyncpg.DataError | asyncpg.IntegrityConstraintViolationError):
                log.error("audit notes dropped", tenant=tenant_id, notes=len(notes), exc_info=error)
            else:
                failure = error
                _buffer.add(notes)
        except BaseException:  # cancelled: at worst they are written twice, never not at all
            _buffer.add(notes)
            raise
    if failure is not None:
        raise failure


class Passage:
    """One way through a door, with the reads of personal data on it that are not written yet."""

    def __init__(self) -> None:
        self.reads = Buffer(MOST)

    async def settle(self) -> None:
        """Write the reads down, outside any unit of work; raise ``AuditUnavailable``, and then nothing may leave."""
        taken = self.reads.take()
        for tenant_id in list(taken):
            try:
                await write(tenant_id, taken[tenant_id])
            except BaseException:
                self.reads.add(note for notes in taken.values() for note in notes)
                raise
            del taken[tenant_id]

    def forget(self) -> None:
        """Drop the reads whose answer was held back."""
        self.reads.take()


_passage: ContextVar[Passage | None] = ContextVar("leancity_passage", default=None)


@asynccontextmanager
async def passage() -> AsyncIterator[Passage]:
    """Collect the reads of the block and write what is left of them at its end, outside any unit of work.

    What must not become known unrecorded (printed, mailed) comes after the block, or after ``settle()`` within it. When
    they can't be written at the end, the block's work being done, they wait with the refusals and ``AuditUnavailable``
    is raised.
    """
    opened = Passage()
    token = _passage.set(opened)
    try:
        yield opened
    finally:
        _passage.reset(token)
        try:
            await opened.settle()
        except BaseException:
            for notes in opened.reads.take().values():
                _buffer.add(notes)
            raise
