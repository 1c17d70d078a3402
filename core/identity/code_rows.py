"""The rows behind sign-in codes: one for an address, with so many tries. What a code opens is told in ``codes``."""

from __future__ import annotations

import hmac
import re
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from leancity.core.cases.checks import keepable
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused, refuse
from leancity.core.identity.addresses import Address
from leancity.core.identity.tables import SignInCode
from leancity.core.identity.vault import derived, fingerprint, seal
from leancity.core.ids import new_id
from leancity.core.moment import now
from leancity.core.tenancy.context import current_tenant

DIGITS = 6
LASTS = timedelta(minutes=15)
TRIES = 5

_PUT = """
insert into sign_in_code as c (id, tenant_id, key, address, locale, created_at, expires_at, "left")
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (tenant_id, key) do update set id = excluded.id, address = excluded.address, locale = excluded.locale,
    created_at = excluded.created_at, expires_at = excluded.expires_at, "left" = excluded."left"
"""
_FORGET = """
delete from sign_in_code where tenant_id = $1 and id in (
    select id from sign_in_code where tenant_id = $1 and expires_at <= $2 limit 100 for update skip locked
)
"""
# One statement, so that tries at the same moment wait for each other and none is free.
_TRY = """
update sign_in_code set "left" = "left" - 1 where tenant_id = $1 and key = $2 and "left" > 0 and expires_at > $3
returning id, "left"
"""
_USE = "delete from sign_in_code where tenant_id = $1 and id = $2 returning id"


async def put_code(address: Address, locale: str) -> uuid.UUID:
    """Make the code of an address anew, in place of the one before it, and return its id. Joins the unit of work."""
    code_id, moment = new_id(), now()
    row = (key_of(address.text), seal(address.text), locale, moment, moment + LASTS, TRIES)
    async with tenant_tx(write=True) as unit:
        await unit.connection.execute(_FORGET, current_tenant().id, moment)
        await unit.connection.execute(_PUT, code_id, current_tenant().id, *row)
    return code_id


async def try_code(address: Address, typed: str) -> tuple[uuid.UUID, int]:
    """Count a try and return the id of the code that was typed rightly, and how many tries are left.

    The try stands whatever becomes of the rest; a code is compared only after its try was counted.
    """
    async with tenant_tx(write=True, aside=True) as unit:
        row = await unit.connection.fetchrow(_TRY, current_tenant().id, key_of(address.text), now())
    if row is None:
        raise refuse("code_dead", "code")
    if not hmac.compare_digest(code_of(row["id"]).encode(), code_as_typed(typed).encode()):
        raise wrong(row["left"])
    return row["id"], row["left"]


async def use_code(code_id: uuid.UUID) -> None:
    """Use a code up; refuse it where somebody was faster. Joins the open unit of work."""
    async with tenant_tx(write=True) as unit:
        if await unit.connection.fetchval(_USE, current_tenant().id, code_id) is None:
            raise refuse("code_dead", "code")


async def forget_codes(addresses: Collection[str]) -> int:
    """Remove the codes of addresses as they are stored, and return how many there were. Joins the unit of work."""
    async with tenant_tx(write=True):
        theirs = SignInCode.key.is_in([key_of(each) for each in addresses])
        return len(await SignInCode.delete().where(theirs).returning(SignInCode.id)) if addresses else 0


async def live_code(code_id: uuid.UUID) -> SignInCode | None:
    """Return a code that still opens something."""
    async with tenant_tx():
        row = await SignInCode.objects().where(SignInCode.id == code_id).first()
    return row if row is not None and row.expires_at > now() and row.left > 0 else None


def wrong(left: int) -> Refused:
    """Return the refusal of a wrong code."""
    return refuse("code_wrong", "code", left=left) if left else refuse("code_dead", "code")


def code_of(code_id: uuid.UUID) -> str:
    """Return the digits of a code, which are never stored: nobody but this installation can make them of the id."""
    return f"{int(derived('sign_in_code', str(code_id)), 16) % 10**DIGITS:0{DIGITS}}"


def code_as_typed(typed: str) -> str:
    """Return a code without the blanks that people put between its digits."""
    return re.sub(r"\s", "", keepable(typed))


def until(row: SignInCode) -> str:
    """Return until when a code counts, on the city's clock."""
    expires_at: datetime = row.expires_at
    return expires_at.astimezone(current_tenant().zone_info).strftime("%H:%M")


def key_of(address: str) -> str:
    """Return the key of an address: the row tells nothing of it to who has not the address."""
    return fingerprint(f"sign-in code:{address}")
