"""Letters about versions, where the installation can send any: each also stands on the site."""

from __future__ import annotations

import uuid

from leancity.core.config import load
from leancity.core.mail.post import post


async def write_to(message: str, user_id: uuid.UUID) -> None:
    """Ask for the mail ``message`` to a person. Joins the open unit of work."""
    if load().smtp_url:
        await post(message, user_id)
