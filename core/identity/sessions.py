"""Sessions and API tokens: a secret in the caller's hands, its digest here and in the directory."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import Principal, current_principal
from leancity.core.identity.secrets import digest, new_secret, verify_password
from leancity.core.identity.tables import Credential, UserAccount
from leancity.core.moment import now
from leancity.core.tenancy.context import current_tenant
from leancity.core.tenancy.tables import SessionKey

SESSION_LASTS = timedelta(hours=12)

_PRINCIPAL = """
select u.id, u.name, u.unit_id, u.locale, case when c.kind = 'session' then c.id end as session_id,
       array(select distinct p from role_grant g
             join role r on r.tenant_id = g.tenant_id and r.id = g.role_id
             cross join lateral unnest(r.permissions) p
             where g.tenant_id = u.tenant_id and g.user_id = u.id) as permissions
from credential c join user_account u on u.tenant_id = c.tenant_id and u.id = c.user_id
where c.tenant_id = $1 and c.key = $2 and c.expires_at > $3 and u.is_active
"""


async def sign_in(login: str, password: str) -> str:
    """Open a session and return its secret; refuse without telling whether the login exists."""
    user = await _account(login)
    stored = user.password_hash if user is not None and user.is_active else ""
    if not await verify_password(stored, password) or user is None:
        raise refuse("sign_in_failed", "password")
    return await _open("session", user.id, now() + SESSION_LASTS, "")


async def create_token(login: str, title: str, expires_at: datetime) -> str:
    """Make an API token of an account and return its secret, which is shown this once."""
    user = await _account(login)
    if user is None:
        raise refuse("not_found", "user")
    return await _open("token", user.id, expires_at, title)


async def _account(login: str) -> UserAccount | None:
    """Return the account of a login as people type it."""
    typed = login.replace("\0", "").strip().lower()  # JSON can carry NUL, PostgreSQL can't
    async with tenant_tx():
        return await UserAccount.objects().where(UserAccount.login == typed).first()


async def _open(kind: str, user_id: uuid.UUID, expires_at: datetime, title: str) -> str:
    secret = new_secret()
    key = digest(secret)
    async with tenant_tx(write=True):
        await SessionKey.insert(SessionKey(key=key, tenant_id=current_tenant().id))
        await Credential(
            key=key, kind=kind, title=title, user_id=user_id, created_at=now(), expires_at=expires_at
        ).save()
        await record(f"core.{kind}.opened", "user_account", user_id)
    return secret


async def sign_out() -> None:
    """Close the session of whoever asks. A stranger has none, and a token is not a session: it stays."""
    who = current_principal()
    if who.session_id is None:
        return
    async with tenant_tx(write=True):
        closed = await Credential.delete().where(Credential.id == who.session_id).returning(Credential.key)
        for row in closed:  # none when another request was quicker
            ours = (SessionKey.key == row["key"]) & (SessionKey.tenant_id == current_tenant().id)
            await SessionKey.delete().where(ours)
            await record("core.session.closed", "user_account", who.user_id)


async def principal_of(secret: str, locale: str = "") -> Principal | None:
    """Return whom an unexpired secret of this city stands for. Another city's secret is unknown here.

    ``locale`` is the language to answer an account in that has chosen none; the city's when it is empty.
    """
    tenant = current_tenant()
    async with tenant_tx() as unit:
        row = await unit.connection.fetchrow(_PRINCIPAL, tenant.id, digest(secret), now())
    if row is None:
        return None
    return Principal(
        user_id=row["id"],
        name=row["name"],
        unit_id=row["unit_id"],
        permissions=frozenset(row["permissions"]),
        locale=row["locale"] or locale or tenant.locale,
        session_id=row["session_id"],
    )
