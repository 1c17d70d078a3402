"""Writing notes down: one committed transaction a city, beside any other work."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

from leancity.core.audit.notes import Note
from leancity.core.audit.rounds import rounds
from leancity.core.db.aside import aside_tx
from leancity.core.ids import new_id

_INSERT = """
insert into audit_event
    (tenant_id, id, at, outcome, actor_kind, actor_id, action, subject, subject_id, repeats, request_id, data)
select $1, n.id, n.at, n.outcome, n.actor_kind, n.actor_id, n.action, n.subject, n.subject_id, n.repeats,
       n.request_id, n.data::jsonb
from unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::text[], $9::uuid[],
            $10::int[], $11::text[], $12::text[])
  as n (id, at, outcome, actor_kind, actor_id, action, subject, subject_id, repeats, request_id, data)
"""

AWAY = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
"""What a database that can't be written to raises; ``InternalClientError`` when it dies between two messages to it."""


class AuditUnavailable(Exception):
    """The audit log can't be written now."""


async def write(tenant_id: int, notes: Sequence[Note]) -> None:
    """Commit one row a note of a city; raise ``AuditUnavailable`` when that can't be done."""
    try:
        async with aside_tx(tenant_id) as connection:
            await connection.execute(
                _INSERT,
                tenant_id,
                [new_id() for _ in notes],
                [note.at for note in notes],
                [note.outcome for note in notes],
                [note.actor_kind for note in notes],
                [note.actor_id for note in notes],
                [note.action for note in notes],
                [note.subject for note in notes],
                [note.subject_id for note in notes],
                [note.repeats for note in notes],
                [note.request_id for note in notes],
                [note.data for note in notes],
            )
    except AWAY as error:
        raise AuditUnavailable(str(error)) from error
    rounds.touch(tenant_id)
