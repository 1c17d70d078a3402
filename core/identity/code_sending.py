"""The job that sends a sign-in code, or says why there is none to whom may know."""

from __future__ import annotations

import uuid
from typing import Any

from leancity.core.config import Config, load, require
from leancity.core.customs.branding import city_title
from leancity.core.i18n.catalogue import text
from leancity.core.identity.addresses import Address, checked_address
from leancity.core.identity.code_rows import code_of, live_code, until
from leancity.core.identity.codes import Door, door_of
from leancity.core.identity.vault import unseal
from leancity.core.jobs.current import effect_key
from leancity.core.jobs.outcomes import Rejected
from leancity.core.mail.message import build_message
from leancity.core.mail.server import MailFailed, hand_in, place_of_city
from leancity.core.sms import relay


async def send_code(payload: dict[str, Any]) -> None:
    """Send the code ``payload["code_id"]``, unless it opens nothing any more.

    Whoever reads a mail is told why it brings no code; a message to a phone is sent for a code only.
    """
    row = await live_code(uuid.UUID(payload["code_id"]))
    if row is None:
        return
    to = checked_address(unseal(row.address), "address")
    door, config = await door_of(to), load()
    params = {"city": city_title(row.locale), "code": code_of(row.id), "until": until(row)}
    if not to.is_phone:
        await _mail(to, _letter(door), row.locale, params, config)
    elif door.is_open:
        require(config, "sms_url")
        await relay.hand_in(to.text, text("sms_code", row.locale, params), effect_key(), config)


def _letter(door: Door) -> str:
    if door.is_open:
        return "code"
    return "code_account" if door.has_account else "code_closed"


async def _mail(to: Address, letter: str, locale: str, params: dict[str, str], config: Config) -> None:
    require(config, "smtp_url")
    place = await place_of_city(config)
    mail = build_message(
        letter,
        locale=locale,
        sender=config.mail_from,
        recipient=to.text,
        message_id=f"<{effect_key()}@{place.host}>",
        headers=None,
        **params,
    )
    try:
        await hand_in(mail, config.smtp_url)
    except MailFailed as error:
        if error.is_final:
            raise Rejected(str(error)) from None
        raise
