"""The link by which a new city's administrator sets a password, for an operator to hand over where no mail is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from leancity.core.audit.log import record
from leancity.core.config import load
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.links import link_of, make_link
from leancity.core.identity.sessions import login_as_typed
from leancity.core.identity.tables import UserAccount
from leancity.core.mail.server import place_of_city


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """``url`` on the city's host, with the secret behind #; it opens once."""

    url: str
    expires_at: datetime


async def new_invitation(login: str, operator: str) -> Invitation:
    """Make, in the city being served, a new link for an account that has no password yet; others are refused.

    It lets whoever has it in as that account, so the city's log says who asked for it. ``operator``: their login.
    """
    async with tenant_tx(write=True):
        row = await UserAccount.objects().where(UserAccount.login == login_as_typed(login)).first()
        if row is None or row.kind != "staff" or not row.is_active:
            raise refuse("not_found", "login")
        if row.password_hash:
            raise refuse("invitation_taken", "login", login=row.login)
        key_id = await make_link("invitation", row.id)
        await record("core.person.invitation_handed_out", "user_account", row.id, operator=operator)
    link = await link_of(key_id)
    if link is None:
        raise LookupError("a link that was made a moment ago is gone")
    place = await place_of_city(load())
    return Invitation(url=f"{place.origin}{link.path}", expires_at=link.expires_at)
