"""The two parties outside: one takes an effect once by its key, the other takes whatever comes."""

from __future__ import annotations

import os
from email.message import EmailMessage
from urllib.parse import urlsplit

import aiosmtplib
import httpx

from leancity.core.testing.plain import NO_TLS

TIMEOUT = 10  # seconds
KEYED_URL = "PROBE_KEYED_URL"
KEYLESS_URL = "PROBE_KEYLESS_URL"


async def tell_keyed(note: str, key: str) -> None:
    """POST the note with its key; raise when the party did not take it."""
    async with httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, verify=NO_TLS) as client:
        answer = await client.post(os.environ[KEYED_URL], content=note, headers={"Idempotency-Key": key})
    answer.raise_for_status()


async def tell_keyless(note: str, key: str) -> None:
    """Send the note as a letter; mail carries the key, and no mail server looks at it."""
    letter = EmailMessage()
    letter["From"] = "probe@example.org"
    letter["To"] = "receiver@example.org"
    letter["Subject"] = note
    letter["Message-ID"] = f"<{key}@probe.example.org>"
    letter.set_content(note)
    place = urlsplit(os.environ[KEYLESS_URL])
    await aiosmtplib.send(letter, hostname=place.hostname, port=place.port, timeout=TIMEOUT)
