"""Digests by which the audit log recognises a person's value without holding it.

Salted for each person: two people's equal values differ, and once the salt is gone (``core.identity.erasure``) nobody
can tell by guessing what a digest was made of.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid

from leancity.core.audit.tables import AuditSalt
from leancity.core.db.unit import tenant_tx


async def digest_of(person_id: uuid.UUID, value: str) -> str:
    """Return 64 hex digits that are equal for equal values of one person, as data of ``record``.

    Joins the open unit of work, which must be a writing one: the first digest of a person makes their salt.
    """
    return hmac.new((await _salt(person_id)).encode(), value.encode(), hashlib.sha256).hexdigest()


async def _salt(person_id: uuid.UUID) -> str:
    async with tenant_tx(write=True):
        row = AuditSalt(person_id=person_id, salt=secrets.token_hex(32))
        same = (AuditSalt.tenant_id, AuditSalt.person_id)
        await AuditSalt.insert(row).on_conflict(same, "DO NOTHING")
        kept = await AuditSalt.select(AuditSalt.salt).where(AuditSalt.person_id == person_id).first()
    if kept is None:
        raise RuntimeError("the salt was destroyed meanwhile")
    return str(kept["salt"])


async def destroy_salt(person_id: uuid.UUID) -> int:
    """Remove a person's salt; return how many there were, 1 or 0."""
    async with tenant_tx(write=True):
        gone = await AuditSalt.delete().where(AuditSalt.person_id == person_id).returning(AuditSalt.id)
    return len(gone)
