"""Operators' access to a city: asked for with a reason, for hours, with one of the city's roles, and seen by the city.

Nobody who runs the platform may do anything in a city by default. The city lets an operator in; in an emergency an
operator opens the door alone, for at most ``EMERGENCY_HOURS``, which the city sees as such (nobody decided it) and may
end at any moment.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from leancity.core.audit.log import record
from leancity.core.cases.checks import LONG, SHORT, Checks
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.credentials import close_credentials, open_credential
from leancity.core.identity.principal import current_principal
from leancity.core.identity.tables import Credential, OperatorAccess, RoleRow
from leancity.core.moment import now

DECIDE = "core.access.decide"
ROLE = "core.operator"
MOST_HOURS = 72
EMERGENCY_HOURS = 2


async def ask_access(
    operator: str, reason: str, hours: int, *, role: str = ROLE, is_emergency: bool = False
) -> OperatorAccess:
    """Ask for an access, or in an emergency take it; for the platform's own command, which names its ``operator``."""
    current_principal().require("core.access.ask")
    checks = Checks()
    operator = checks.text("operator", operator, limit=SHORT, required=True)
    reason = checks.text("reason", reason, limit=LONG, required=True)
    most = EMERGENCY_HOURS if is_emergency else MOST_HOURS
    if not 1 <= hours <= most:
        checks.wrong("access_hours_invalid", "hours", limit=most)
    checks.done()
    async with tenant_tx(write=True):
        known = await RoleRow.objects().where(RoleRow.key == role).first()
        if known is None:
            raise refuse("role_unknown", "role", role=role)
        row = OperatorAccess(operator=operator, reason=reason, role_id=known.id, hours=hours, asked_at=now())
        if is_emergency:
            _grant(row)
        await row.save()
        await record("core.access.taken" if is_emergency else "core.access.asked", "operator_access", row.id)
    return row


async def decide_access(access_id: uuid.UUID, *, is_granted: bool) -> OperatorAccess:
    """Let an operator in, from now on for the hours that were asked for, or refuse."""
    who = current_principal()
    who.require(DECIDE)
    async with tenant_tx(write=True):
        row = await _locked(access_id)
        if row.state != "asked":
            raise refuse("access_decided", "access_id")
        if is_granted:
            _grant(row)
        else:
            row.state = "refused"
        row.decided_by, row.decided_at = who.user_id, now()
        await row.save()
        await record(f"core.access.{row.state}", "operator_access", row.id)
    return row


async def end_access(access_id: uuid.UUID) -> OperatorAccess:
    """End an access at once; its keys open nothing any more."""
    current_principal().require(DECIDE)
    async with tenant_tx(write=True):
        row = await _locked(access_id)
        if row.state not in {"asked", "granted"}:
            raise refuse("access_decided", "access_id")
        row.state, row.ended_at = "ended", now()
        await row.save()
        await close_credentials(Credential.operator_access_id == row.id)
        await record("core.access.ended", "operator_access", row.id)
    return row


async def access_key(access_id: uuid.UUID) -> tuple[str, OperatorAccess]:
    """Return a bearer key of a granted access, which is shown this once, and the access."""
    current_principal().require("core.access.ask")
    async with tenant_tx(write=True):
        row = await _locked(access_id)
        if row.state != "granted" or row.expires_at is None or row.expires_at <= now():
            raise refuse("access_not_granted", "access_id", state=row.state)
        secret = await open_credential("operator", access_id=row.id, expires_at=row.expires_at, title=row.operator)
    return secret, row


async def list_accesses(*, limit: int, after: tuple[datetime, uuid.UUID] | None = None) -> list[OperatorAccess]:
    """Return the accesses, newest first, behind ``after``: for the city's own people, and the operator's command."""
    current_principal().require(DECIDE)
    async with tenant_tx():
        query = OperatorAccess.objects().order_by(OperatorAccess.asked_at, OperatorAccess.id, ascending=False)
        if after is not None:
            asked_at, access_id = after
            same = (OperatorAccess.asked_at == asked_at) & (OperatorAccess.id < access_id)
            query = query.where((OperatorAccess.asked_at < asked_at) | same)
        return await query.limit(limit)


async def count_accesses() -> int:
    """Return how many accesses were ever asked for."""
    current_principal().require(DECIDE)
    async with tenant_tx():
        return int(await OperatorAccess.count())


def _grant(row: OperatorAccess) -> None:
    row.state, row.expires_at = "granted", now() + timedelta(hours=row.hours)


async def _locked(access_id: uuid.UUID) -> OperatorAccess:
    row = await OperatorAccess.objects().where(OperatorAccess.id == access_id).lock_rows("UPDATE").first()
    if row is None:
        raise refuse("not_found", "access_id")
    return row
