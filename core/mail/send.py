"""The job that sends a mail."""

from __future__ import annotations

import uuid
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib

from leancity.core.config import load, require
from leancity.core.db.engine import pool
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.links import link_of
from leancity.core.identity.tables import UserAccount
from leancity.core.log import current_request_id
from leancity.core.mail.message import build_message
from leancity.core.tenancy.context import current_tenant

TIMEOUT = 60  # seconds
_HOST = "select min(host) from tenant_host where tenant_id = $1"


class MailFailed(Exception):
    """The mail server did not take it. Says nothing of whom it was for: errors are kept and logged."""


async def send_mail(payload: dict[str, Any]) -> None:
    """Send a mail that ``post`` asked for; nothing is sent to who has no address, nor a link that opens nothing now."""
    config = load()
    require(config, "smtp_url")
    tenant = current_tenant()
    host = await pool().fetchval(_HOST, tenant.id)
    async with tenant_tx():
        user = await UserAccount.objects().where(UserAccount.id == uuid.UUID(payload["user_id"])).first()
        if user is None or not user.email:
            return
        params: dict[str, str] = {"city": tenant.title, "login": user.login}
        if payload["key_id"] is not None:
            link = await link_of(uuid.UUID(payload["key_id"]))
            if link is None:
                return
            origin = f"http://{host}:{config.port}" if config.is_development else f"https://{host}"
            until = link.expires_at.astimezone(tenant.zone_info).strftime("%d.%m.%Y %H:%M")
            params |= {"link": origin + link.path, "until": until}
    await _send(
        build_message(
            payload["message"],
            locale=user.locale or tenant.locale,
            sender=config.mail_from,
            recipient=user.email,
            message_id=f"<{current_request_id()}@{host}>",  # of a job that is the job's own id
            **params,
        ),
        config.smtp_url,
    )


async def _send(mail: EmailMessage, url: str) -> None:
    server = urlsplit(url)
    try:
        await aiosmtplib.send(
            mail,
            hostname=server.hostname,
            port=server.port,
            username=unquote(server.username) if server.username else None,
            password=unquote(server.password) if server.password else None,
            use_tls=server.scheme == "smtps",
            timeout=TIMEOUT,
        )
    except aiosmtplib.SMTPResponseException as error:
        raise MailFailed(f"{type(error).__name__}, code {error.code}") from None
    except (aiosmtplib.SMTPException, OSError) as error:
        raise MailFailed(type(error).__name__) from None
