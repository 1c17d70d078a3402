"""Speaking to the mail server, and what a mail must know of where we are ourselves."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import aiosmtplib
from opentelemetry.trace import SpanKind

from leancity.core.config import Config
from leancity.core.db.engine import pool
from leancity.core.telemetry.spans import span
from leancity.core.tenancy.context import current_tenant

TIMEOUT = 60  # seconds
_HOST = "select min(host) from tenant_host where tenant_id = $1"


class MailFailed(Exception):
    """The mail server did not take it. Says nothing of whom it was for: errors are kept and logged.

    ``code`` is that of its answer, None where there was none; ``is_final``: this letter will never be taken;
    ``in_doubt``: it broke off after it was spoken to, and may have taken it after all.
    """

    def __init__(self, what: str, *, code: int | None = None, is_final: bool = False, in_doubt: bool = False) -> None:
        super().__init__(what if code is None else f"{what}, code {code}")
        self.code = code
        self.is_final = is_final
        self.in_doubt = in_doubt


@dataclass(frozen=True, kw_only=True)
class Place:
    """The city's host, and its address on the web."""

    host: str
    origin: str


async def place_of_city(config: Config) -> Place:
    """Return where the city being served is found."""
    host = await pool().fetchval(_HOST, current_tenant().id)
    return Place(host=host, origin=f"http://{host}:{config.port}" if config.is_development else f"https://{host}")


async def hand_in(mail: EmailMessage, url: str) -> None:
    """Give a mail to the server at ``smtp://`` or ``smtps://``; raise ``MailFailed`` where it does not take it."""
    server = urlsplit(url)
    try:
        with span("smtp send", kind=SpanKind.CLIENT, server_address=server.hostname or ""):
            await aiosmtplib.send(
                mail,
                hostname=server.hostname,
                port=server.port,
                username=unquote(server.username) if server.username else None,
                password=unquote(server.password) if server.password else None,
                use_tls=server.scheme == "smtps",
                timeout=TIMEOUT,
            )
    except aiosmtplib.SMTPRecipientsRefused as error:
        code = error.recipients[0].code if error.recipients else None
        raise MailFailed(type(error).__name__, code=code, is_final=_is_final(code)) from None
    except aiosmtplib.SMTPResponseException as error:
        # Of the sender's name, of the greeting and of the password a refusal is ours to mend: it is tried again.
        is_of_letter = isinstance(error, aiosmtplib.SMTPDataError | aiosmtplib.SMTPRecipientRefused)
        is_final = is_of_letter and _is_final(error.code)
        raise MailFailed(type(error).__name__, code=error.code, is_final=is_final) from None
    except (aiosmtplib.SMTPException, OSError) as error:
        raise MailFailed(type(error).__name__, in_doubt=not isinstance(error, aiosmtplib.SMTPConnectError)) from None


def _is_final(code: int | None) -> bool:
    return code is not None and 500 <= code < 600
