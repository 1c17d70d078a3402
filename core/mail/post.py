"""Asking for a mail. What waits in the outbox names the person and the link by id: neither address nor secret."""

from __future__ import annotations

import uuid

from leancity.core.config import load
from leancity.core.errors import refuse
from leancity.core.jobs.outbox import enqueue

JOB = "core.send_mail"


def require_mail() -> None:
    """Refuse what ends with a mail where this installation can send none."""
    if not load().smtp_url:
        raise refuse("mail_unconfigured")


async def post(message: str, user_id: uuid.UUID, key_id: uuid.UUID | None = None) -> None:
    """Ask for the mail ``message`` to a person, with the link of a one-time key. Joins the open unit of work.

    Its texts are ``mail_<message>_subject`` and ``mail_<message>_body``.
    """
    await enqueue(JOB, {"message": message, "user_id": user_id, "key_id": key_id})
