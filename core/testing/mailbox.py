"""A mail server of a test: real SMTP on this machine, kept letters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from urllib.parse import urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    """What was sent, in the order it came. ``refuses`` makes the server turn letters away."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.refuses = ""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take a letter, as the server asks."""
        if self.refuses:
            return self.refuses
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        self.letters.append(message_from_bytes(raw, policy=policy.default))
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        """Return the letters to an address."""
        return [letter for letter in self.letters if letter["To"] == address]

    def key(self, address: str) -> str:
        """Return the secret of the link in the last letter to an address."""
        found = re.search(r"https?://\S+#(\S+)", self.to(address)[-1].get_content())
        if found is None:
            raise AssertionError("the letter has no link")
        return found[1]

    def code(self, address: str) -> str:
        """Return the sign-in code in the last letter to an address."""
        found = re.search(r"\b\d{6}\b", self.to(address)[-1].get_content())
        if found is None:
            raise AssertionError("the letter has no code")
        return found[0]


@contextmanager
def running_mailbox(url: str) -> Iterator[Mailbox]:
    """Answer at ``smtp://host:port`` until the block ends."""
    box, place = Mailbox(), urlsplit(url)
    server = Controller(box, hostname=place.hostname, port=place.port or 25)
    server.start()
    try:
        yield box
    finally:
        server.stop()
