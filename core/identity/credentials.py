"""What opens the door: a secret in the caller's hands, its digest here and in the directory."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.secrets import digest, new_secret
from leancity.core.identity.tables import Credential
from leancity.core.moment import now
from leancity.core.tenancy.context import current_tenant
from leancity.core.tenancy.tables import SessionKey


async def open_credential(
    kind: Literal["session", "token", "operator"],
    *,
    expires_at: datetime,
    user_id: uuid.UUID | None = None,
    access_id: uuid.UUID | None = None,
    title: str = "",
    permissions: Collection[str] | None = None,
) -> str:
    """Make a credential of an account or of an operator's access and return its secret, which is shown this once.

    ``permissions`` narrows a token to these names; None to nothing less than the account has.
    """
    secret = new_secret()
    row = Credential(
        key=digest(secret),
        kind=kind,
        title=title,
        user_id=user_id,
        operator_access_id=access_id,
        permissions=None if permissions is None else sorted(permissions),
        created_at=now(),
        expires_at=expires_at,
    )
    async with tenant_tx(write=True):
        await SessionKey.insert(SessionKey(key=row.key, tenant_id=current_tenant().id))
        await row.save()
        await record(f"core.{kind}.opened", "user_account" if user_id else "operator_access", user_id or access_id)
    return secret


async def close_credentials(condition: Any) -> int:
    """Close the credentials that fit a condition on ``Credential`` and return how many there were."""
    async with tenant_tx(write=True):
        closed = await Credential.delete().where(condition).returning(*Credential.all_columns())
        for row in closed:
            ours = (SessionKey.key == row["key"]) & (SessionKey.tenant_id == current_tenant().id)
            await SessionKey.delete().where(ours)
            subject = "user_account" if row["user_id"] else "operator_access"
            await record(f"core.{row['kind']}.closed", subject, row["user_id"] or row["operator_access_id"])
    return len(closed)
