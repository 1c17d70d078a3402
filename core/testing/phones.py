"""A relay of text messages of a test: real HTTP on this machine, kept messages."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


class Phones:
    """What the relay was asked to send, in the order it came. ``status`` is what it answers, ``headers`` beside it."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.tokens: list[str] = []
        self.status = 202
        self.headers: dict[str, str] = {}

    def to(self, number: str) -> list[str]:
        """Return the texts that were taken for a number."""
        return [each["text"] for each in self.messages if each["to"] == number]

    def code(self, number: str) -> str:
        """Return the code in the last message to a number."""
        found = re.search(r"\b\d{6}\b", self.to(number)[-1])
        if found is None:
            raise AssertionError("the message has no code")
        return found[0]


@contextmanager
def running_phones(url: str) -> Iterator[Phones]:
    """Answer at ``http://host:port/…`` until the block ends."""
    phones, place = Phones(), urlsplit(url)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            phones.tokens.append(self.headers.get("Authorization", ""))
            if phones.status < 300:
                phones.messages.append(json.loads(content))
            self.send_response(phones.status)
            for name, value in phones.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: a test run's output is for its results."""

    server = ThreadingHTTPServer((place.hostname or "", place.port or 80), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield phones
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
