"""From an account at a provider to an account here.

An account here is found by provider and subject, never by e-mail address: at another provider somebody else may have
the address, or have had it. Who has an account already signs in to it and links the provider there.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from asyncpg import UniqueViolationError

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.credentials import close_credentials
from leancity.core.identity.oidc.dialects import Claimant
from leancity.core.identity.principal import current_principal
from leancity.core.identity.sessions import open_session
from leancity.core.identity.tables import Credential, ExternalIdentity, IdentityProvider, UserAccount
from leancity.core.moment import now
from leancity.core.tenancy.allowance import require_people


async def sign_in(provider: IdentityProvider, person: Claimant) -> str:
    """Open a session of who came and return its secret; the browser's session before it is closed.

    A second factor is not asked for: how sure a provider is of its people is the provider's matter.
    """
    try:
        async with tenant_tx(write=True):
            user_id = await _user_of(provider, person.subject) or await _new_account(provider, person)
            user = await UserAccount.objects().where(UserAccount.id == user_id).first()
            if user is None or not user.is_active or user.erased_at is not None:
                raise refuse("oidc_account_closed")
            return await open_session(user_id)
    except UniqueViolationError as error:  # the same person in another tab, or the login was taken just now
        raise refuse("oidc_login_taken") from error


async def link(provider: IdentityProvider, person: Claimant, user_id: uuid.UUID) -> None:
    """Let the subject sign in to an account; refuse one that signs in to another account already."""
    try:
        async with tenant_tx(write=True):
            linked = await _user_of(provider, person.subject)
            if linked is None:
                await _add(provider, person.subject, user_id)
            elif linked != user_id:
                raise refuse("oidc_identity_taken")
    except UniqueViolationError as error:
        raise refuse("oidc_identity_taken") from error


async def _user_of(provider: IdentityProvider, subject: str) -> uuid.UUID | None:
    ours = (ExternalIdentity.provider_id == provider.id) & (ExternalIdentity.subject == subject)
    row = await ExternalIdentity.objects().where(ours).first()
    return None if row is None else row.user_id


async def _add(provider: IdentityProvider, subject: str, user_id: uuid.UUID) -> None:
    row = ExternalIdentity(provider_id=provider.id, subject=subject, user_id=user_id, linked_at=now())
    await row.save()
    await record("core.external_identity.linked", "user_account", user_id, provider=provider.key)


async def _new_account(provider: IdentityProvider, person: Claimant) -> uuid.UUID:
    if not provider.creates:
        raise refuse("oidc_account_unknown")
    if not person.login:
        raise refuse("oidc_email_unverified")
    if await UserAccount.exists().where(UserAccount.login == person.login):
        raise refuse("oidc_login_taken")
    if provider.creates == "staff":
        await require_people()
    user = UserAccount(
        login=person.login, name=person.name, kind=provider.creates, email=person.email, created_at=now()
    )
    await user.save()
    await record("core.user.created", "user_account", user.id, kind=provider.creates, provider=provider.key)
    await _add(provider, person.subject, user.id)
    return user.id


async def close_sessions_of(provider: IdentityProvider, subject: str) -> None:
    """Close every session of the account that a subject signs in to; an unknown subject has none."""
    async with tenant_tx(write=True):
        user_id = await _user_of(provider, subject)
        if user_id is not None:
            await close_credentials((Credential.user_id == user_id) & (Credential.kind == "session"))


@dataclass(frozen=True, kw_only=True)
class Linked:
    """An account at a provider, as its owner sees it."""

    id: uuid.UUID
    provider_key: str
    provider_title: str
    linked_at: datetime


async def my_identities() -> list[Linked]:
    """Return where else one can sign in to one's own account, in the order of linking."""
    owner = current_principal().require_session()
    async with tenant_tx():
        mine = ExternalIdentity.user_id == owner
        rows = await ExternalIdentity.objects().where(mine).order_by(ExternalIdentity.linked_at)
        providers = {row.id: row for row in await IdentityProvider.objects()} if rows else {}
    return [
        Linked(
            id=row.id,
            provider_key=providers[row.provider_id].key,
            provider_title=providers[row.provider_id].title,
            linked_at=row.linked_at,
        )
        for row in rows
    ]


async def unlink(identity_id: uuid.UUID) -> None:
    """Take a link of one's own away; refuse the last one of an account without a password: nobody could get in."""
    owner = current_principal().require_session()
    async with tenant_tx(write=True):
        # The account first, so that two who take the last two links wait for each other.
        user = await UserAccount.objects().where(UserAccount.id == owner).first().lock_rows()
        rows = await ExternalIdentity.select(ExternalIdentity.id).where(ExternalIdentity.user_id == owner)
        if user is None or identity_id not in {row["id"] for row in rows}:
            raise refuse("not_found", "id")
        if not user.password_hash and len(rows) == 1:
            raise refuse("oidc_last_identity", "id")
        mine = (ExternalIdentity.id == identity_id) & (ExternalIdentity.user_id == owner)
        await ExternalIdentity.delete().where(mine)
        await record("core.external_identity.unlinked", "user_account", owner)
