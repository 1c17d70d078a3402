"""Signing in without a password, by a code that was sent to the address or the number: for residents only."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from asyncpg import UniqueViolationError

from leancity.core.audit import desk
from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused, refuse
from leancity.core.identity.addresses import Address, checked_address
from leancity.core.identity.attempts import count_attempt
from leancity.core.identity.code_rows import code_as_typed, put_code, try_code, use_code, wrong
from leancity.core.identity.principal import current_principal
from leancity.core.identity.recovery import count_mail
from leancity.core.identity.residents import PENDING, checked_name
from leancity.core.identity.sessions import open_session
from leancity.core.identity.settings import CoreSettings
from leancity.core.identity.tables import UserAccount
from leancity.core.jobs.outbox import enqueue
from leancity.core.mail.post import require_mail
from leancity.core.moment import now
from leancity.core.settings.service import settings_of
from leancity.core.sms.relay import require_sms

JOB = "core.send_code"
RESIDENT = "resident"


@dataclass(frozen=True, kw_only=True)
class Door:
    """Whom a code to an address lets in: the account ``user_id``, or whoever is new where ``is_new``.

    Neither: there is an account, and not one for codes (``has_account``), or the city opens none by itself.
    """

    user_id: uuid.UUID | None = None
    is_new: bool = False
    has_account: bool = False

    @property
    def is_open(self) -> bool:
        return self.is_new or self.user_id is not None


async def request_code(address: str) -> None:
    """Send a code to an e-mail address or a phone number; the answer and the work are the same whosever it is.

    The job that sends looks whether there is anybody whom a code lets in.
    """
    to = checked_address(address, "address")
    if to.is_phone:
        require_sms("address")
    else:
        require_mail()
    if not await count_mail("sign-in code", to.text):
        return
    async with tenant_tx(write=True):
        code_id = await put_code(to, current_principal().locale)
        await record("core.sign_in_code.asked", "sign_in_code", code_id)
        await enqueue(JOB, {"code_id": code_id}, queue="interactive")


async def sign_in_by_code(address: str, code: str, name: str = "") -> str:
    """Open a session by a code and return its secret; who is new gets a resident's account, called ``name``.

    Refuses without telling whether there is an account; a code signs in once.
    """
    to = checked_address(address, "address")
    name = checked_name(name) if name.strip() else ""
    if not code_as_typed(code):
        raise refuse("required", "code")
    try:
        return await _sign_in(to, code, name)
    except Refused:
        who = current_principal()
        desk.refused(who.kind, who.user_id, "core.session.open", "user_account", None)
        raise


async def door_of(address: Address) -> Door:
    """Return whom a code to an address lets in; joins the open unit of work.

    An e-mail address is looked for among those of accounts too, as a forgotten password's is; a number only among
    logins, for the number in a profile is whatever its owner has typed there.
    """
    is_theirs = UserAccount.login == address.text
    theirs = is_theirs if address.is_phone else is_theirs | (UserAccount.email == address.text)
    known = UserAccount.erased_at.is_null() & UserAccount.login.not_like(f"{PENDING}%")
    async with tenant_tx():
        rows = await UserAccount.objects().where(theirs & known).order_by(UserAccount.id)
    named = [row for row in rows if row.login == address.text] or rows
    for row in named:
        if row.kind == RESIDENT and row.is_active and row.totp_confirmed_at is None:
            return Door(user_id=row.id)
    if named:
        return Door(has_account=True)
    return Door(is_new=(await settings_of("core", CoreSettings)).residents_may_register)


async def _sign_in(to: Address, code: str, name: str) -> str:
    attempt = await count_attempt(f"code {to.text}")  # who guesses here must not lock the password's sign-in
    code_id, left = await try_code(to, code)
    try:
        async with tenant_tx(write=True):
            await use_code(code_id)
            door = await door_of(to)
            user_id = await _new_resident(to, name) if door.is_new else door.user_id
            if user_id is None or not await _is_open(user_id):
                raise wrong(left)  # nobody was sent it: it was guessed
            await record("core.sign_in_code.used", "user_account", user_id)
            secret = await open_session(user_id)
            await attempt.clear()
            return secret
    except UniqueViolationError as error:  # the address became somebody's login at this moment
        raise refuse("code_dead", "code") from error


async def _is_open(user_id: uuid.UUID) -> bool:
    """Lock an account until the session is open, and tell whether it is still one for codes."""
    row = await UserAccount.objects().where(UserAccount.id == user_id).lock_rows("UPDATE").first()
    return row is not None and row.kind == RESIDENT and row.is_active and row.totp_confirmed_at is None


async def _new_resident(to: Address, name: str) -> uuid.UUID:
    user = UserAccount(
        login=to.text,
        name=name,
        kind=RESIDENT,
        email=to.email,
        phone=to.phone,
        locale=current_principal().locale,
        created_at=now(),
    )
    await user.save()
    await record("core.user.created", "user_account", user.id, kind=RESIDENT, by="code")
    user_id: uuid.UUID = user.id
    return user_id
