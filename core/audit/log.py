"""Writing the audit log."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from leancity.core.audit import desk
from leancity.core.audit.rounds import rounds
from leancity.core.audit.tables import AuditRow
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import current_principal
from leancity.core.log import current_request_id
from leancity.core.moment import now

_TOGETHER = 500


class Entry(NamedTuple):
    """One of many changes; what its parts are ``record`` says."""

    action: str
    subject: str
    subject_id: uuid.UUID | None
    data: Mapping[str, Any]


async def record(action: str, subject: str, subject_id: uuid.UUID | None = None, **data: Any) -> None:
    """Add a row to the open unit of work, so that it commits or vanishes with the work.

    ``action`` is ``<module>.<resource>.<past-tense verb>``; ``data`` must be JSON without personal values: a digest
    (``core.audit.digests``) where one has to be recognised.
    """
    who = current_principal()
    async with tenant_tx(write=True) as unit:
        await AuditRow.insert(
            AuditRow(
                at=now(),
                actor_kind=who.kind,
                actor_id=who.user_id or who.access_id,
                action=action,
                subject=subject,
                subject_id=subject_id,
                request_id=current_request_id(),
                data=json.dumps(data, default=str),
            )
        )
        rounds.touch(unit.tenant_id)


async def record_all(entries: Iterable[Entry]) -> None:
    """Add a row for each of many changes, as ``record`` does for one, a few hundred a statement."""
    who, moment, request_id = current_principal(), now(), current_request_id()
    rows = [
        AuditRow(
            at=moment,
            actor_kind=who.kind,
            actor_id=who.user_id or who.access_id,
            action=entry.action,
            subject=entry.subject,
            subject_id=entry.subject_id,
            request_id=request_id,
            data=json.dumps(entry.data, default=str),
        )
        for entry in entries
    ]
    async with tenant_tx(write=True) as unit:
        for begin in range(0, len(rows), _TOGETHER):
            await AuditRow.insert(*rows[begin : begin + _TOGETHER])
        if rows:
            rounds.touch(unit.tenant_id)


def note_read(action: str, subject: str, subject_id: uuid.UUID | None = None) -> None:
    """Note that whoever asks has read personal data; it is recorded before the answer with them leaves.

    Call it before the data is returned. Raises ``NoPassageError`` outside a request, a job, or a block of
    ``desk.passage()``. When the record can't be written the answer is held back (503 ``audit_unavailable``).
    """
    who = current_principal()
    desk.read(who.kind, who.user_id or who.access_id, action, subject, subject_id)


def note_refused(action: str, subject: str = "", subject_id: uuid.UUID | None = None, **data: Any) -> None:
    """Note what was refused, or tried and rolled back: it is recorded whatever becomes of the work. Never raises.

    ``data`` as for ``record``. A lacking permission is noted by ``Principal.refuse`` itself.
    """
    who = current_principal()
    desk.refused(
        who.kind, who.user_id or who.access_id, action, subject, subject_id, data=json.dumps(data, default=str)
    )
