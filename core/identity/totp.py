"""The second factor: codes of an authenticator app (RFC 6238), and recovery codes for who has lost it."""

from __future__ import annotations

import base64
import hmac
import re
import secrets
import uuid
from dataclasses import dataclass

from pyotp import TOTP, random_base32

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.secrets import digest
from leancity.core.identity.tables import RecoveryCode, UserAccount
from leancity.core.identity.vault import seal, unseal
from leancity.core.moment import now
from leancity.core.tenancy.context import current_tenant

RECOVERY_CODES = 10
WINDOW = 1  # steps of 30 s that a phone's clock may be off


@dataclass(frozen=True, kw_only=True)
class Enrolment:
    """What an app needs: the secret, also as the ``otpauth://`` address of a QR code."""

    secret: str
    uri: str


async def begin_totp(user: UserAccount) -> Enrolment:
    """Make an account's new secret, which counts for nothing until ``confirm_totp``; refuse where one is on."""
    secret = random_base32()
    async with tenant_tx(write=True):
        off = (UserAccount.id == user.id) & UserAccount.totp_confirmed_at.is_null()
        changed = {UserAccount.totp_secret: seal(secret), UserAccount.totp_step: 0}
        if not await UserAccount.update(changed).where(off).returning(UserAccount.id):
            raise refuse("totp_on")
    uri = TOTP(secret).provisioning_uri(name=user.login, issuer_name=current_tenant().title)
    return Enrolment(secret=secret, uri=uri)


async def confirm_totp(user_id: uuid.UUID, code: str) -> list[str]:
    """Switch the second factor on, for the app shows the right code; return the recovery codes, shown this once."""
    codes = [_new_recovery_code() for _ in range(RECOVERY_CODES)]
    async with tenant_tx(write=True):
        user = await UserAccount.objects().where(UserAccount.id == user_id).lock_rows("UPDATE").first()
        if user is None or user.totp_confirmed_at is not None or not user.totp_secret:
            raise refuse("totp_not_begun", "code")
        if not await _take_step(user, code):
            raise refuse("totp_wrong", "code")
        await UserAccount.update({UserAccount.totp_confirmed_at: now()}).where(UserAccount.id == user_id)
        await RecoveryCode.delete().where(RecoveryCode.user_id == user_id)
        for each in codes:
            await RecoveryCode(user_id=user_id, key=digest(_plain(each))).save()
        await record("core.totp.enabled", "user_account", user_id)
    return codes


async def remove_totp(user_id: uuid.UUID) -> bool:
    """Switch an account's second factor off and say whether it was on. Joins the open unit of work."""
    off = {UserAccount.totp_secret: "", UserAccount.totp_confirmed_at: None, UserAccount.totp_step: 0}
    async with tenant_tx(write=True):
        was_on = (UserAccount.id == user_id) & UserAccount.totp_confirmed_at.is_not_null()
        if not await UserAccount.update(off).where(was_on).returning(UserAccount.id):
            return False
        await RecoveryCode.delete().where(RecoveryCode.user_id == user_id)
        await record("core.totp.disabled", "user_account", user_id)
        return True


async def take_code(user: UserAccount, code: str) -> bool:
    """Tell whether it is a code of the account's app or one of its recovery codes, and use it up: it comes once.

    Joins the open unit of work, which must write.
    """
    if re.fullmatch("[0-9]{6}", _plain(code)):
        return await _take_step(user, code)
    this = (RecoveryCode.user_id == user.id) & (RecoveryCode.key == digest(_plain(code)))
    unused = this & RecoveryCode.used_at.is_null()
    taken = await RecoveryCode.update({RecoveryCode.used_at: now()}).where(unused).returning(RecoveryCode.id)
    if taken:
        await record("core.recovery_code.used", "user_account", user.id)
    return bool(taken)


async def _take_step(user: UserAccount, code: str) -> bool:
    if not user.totp_secret:  # it did not come along when the city moved here
        return False
    totp = TOTP(unseal(user.totp_secret))
    current = totp.timecode(now())
    for step in range(current - WINDOW, current + WINDOW + 1):
        if step > user.totp_step and hmac.compare_digest(totp.generate_otp(step).encode(), _plain(code).encode()):
            newer = (UserAccount.id == user.id) & (UserAccount.totp_step < step)
            return bool(await UserAccount.update({UserAccount.totp_step: step}).where(newer).returning(UserAccount.id))
    return False


def _new_recovery_code() -> str:
    """Return 80 bits as people copy them: four groups of four letters and digits."""
    text = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, 16, 4))


def _plain(code: str) -> str:
    """Return a code without what people put into it to read it."""
    return re.sub(r"[\s-]", "", code).lower()
