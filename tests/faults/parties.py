"""The parties outside: real servers on loopback. What reaches them is noted before they answer.

They take a moment to answer, so that a kill between their noting and our knowing is likely: that gap is what this is
about.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

ANSWERS_AFTER = 0.08  # seconds


@dataclass
class Party:
    """What arrived, as ``(moment, key, note)``. ``refused`` are beginnings of notes that it does not take now."""

    arrived: list[tuple[float, str, str]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    answers_after: float = ANSWERS_AFTER
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, key: str, note: str) -> bool:
        """Note an arrival; False when it is turned away."""
        with self._lock:
            if any(note.startswith(beginning) for beginning in self.refused):
                return False
            self.arrived.append((time.monotonic(), key, note))
        time.sleep(self.answers_after)
        return True

    def seen(self) -> list[tuple[float, str, str]]:
        """Return what has arrived until now."""
        with self._lock:
            return list(self.arrived)

    def keys_of(self) -> dict[str, Counter[str]]:
        """Return by note how often each key of it arrived."""
        keys: dict[str, Counter[str]] = {}
        for _, key, note in self.seen():
            keys.setdefault(note, Counter())[key] += 1
        return keys


@dataclass(frozen=True, kw_only=True)
class Parties:
    """Both parties and their addresses."""

    keyed: Party
    keyless: Party
    keyed_url: str
    keyless_url: str


class _Letters:
    """Takes letters for a party. aiosmtpd calls it in the loop of its one thread, so it must not wait there."""

    def __init__(self, party: Party) -> None:
        self.party = party

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content or b""
        letter = message_from_bytes(content if isinstance(content, bytes) else content.encode(), policy=policy.default)
        key = re.sub(r"^<|@.*", "", str(letter["Message-ID"]))
        taken = await server.loop.run_in_executor(None, self.party.take, key, str(letter["Subject"]))
        return "250 OK" if taken else "451 Not now"


@contextmanager
def open_parties(*, answers_after: float = ANSWERS_AFTER) -> Iterator[Parties]:
    """Let both parties answer until the block ends."""
    keyed, keyless = Party(answers_after=answers_after), Party(answers_after=answers_after)

    class Posts(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            note = self.rfile.read(int(self.headers["Content-Length"])).decode()
            taken = keyed.take(self.headers["Idempotency-Key"], note)
            try:
                self.send_response(204 if taken else 500)
                self.end_headers()
            except OSError:  # who asked was killed meanwhile
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    web = ThreadingHTTPServer(("127.0.0.1", 0), Posts)
    web.daemon_threads = True
    mail = Controller(_Letters(keyless), hostname="127.0.0.1", port=free_port())
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    mail.start()
    try:
        yield Parties(
            keyed=keyed,
            keyless=keyless,
            keyed_url=f"http://127.0.0.1:{web.server_address[1]}/",
            keyless_url=f"smtp://127.0.0.1:{mail.port}",
        )
    finally:
        mail.stop()
        web.shutdown()
        thread.join()
        web.server_close()


def free_port() -> int:
    """Return the number of a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
