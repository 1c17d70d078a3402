"""The job that sends a mail."""

from __future__ import annotations

import uuid
from typing import Any

from leancity.core.config import load, require
from leancity.core.customs.branding import city_title
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.links import link_of
from leancity.core.identity.tables import UserAccount
from leancity.core.jobs.current import effect_key
from leancity.core.mail.message import build_message
from leancity.core.mail.server import hand_in, place_of_city
from leancity.core.tenancy.context import current_tenant


async def send_mail(payload: dict[str, Any]) -> None:
    """Send a mail that ``post`` asked for; nothing is sent to who has no address, nor a link that opens nothing now."""
    config = load()
    require(config, "smtp_url")
    tenant, place = current_tenant(), await place_of_city(config)
    async with tenant_tx():
        user = await UserAccount.objects().where(UserAccount.id == uuid.UUID(payload["user_id"])).first()
        if user is None or not user.email:
            return
        locale = user.locale or tenant.locale
        params: dict[str, str] = {"city": city_title(locale), "login": user.login, "site": place.origin}
        if payload["key_id"] is not None:
            link = await link_of(uuid.UUID(payload["key_id"]))
            if link is None:
                return
            until = link.expires_at.astimezone(tenant.zone_info).strftime("%d.%m.%Y %H:%M")
            params |= {"link": place.origin + link.path, "until": until}
    mail = build_message(
        payload["message"],
        locale=locale,
        sender=config.mail_from,
        recipient=user.email,
        message_id=f"<{effect_key()}@{place.host}>",
        headers=None,
        **params,
    )
    await hand_in(mail, config.smtp_url)
