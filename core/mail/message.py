"""A mail, from the texts of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import format_datetime

from leancity.core.i18n.catalogue import text
from leancity.core.moment import now


def build_message(
    message: str,
    *,
    locale: str,
    sender: str,
    recipient: str,
    message_id: str,
    headers: Mapping[str, str] | None = None,
    **params: str,
) -> EmailMessage:
    """Return the mail ``message`` with its places filled by ``params``.

    ``message_id`` stays the same however often it is sent, so that a receiver can tell the second copy.
    """
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = recipient
    mail["Subject"] = " ".join(text(f"mail_{message}_subject", locale, params).split())  # a title may hold line ends
    mail["Date"] = format_datetime(now())
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"  # no holiday notes in answer
    for name, value in (headers or {}).items():
        mail[name] = value
    mail.set_content(text(f"mail_{message}_body", locale, params))
    return mail
