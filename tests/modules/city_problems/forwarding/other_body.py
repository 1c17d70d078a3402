"""Another body's Open311 server, by the standard, on loopback in a thread of its own; it can be told to misbehave."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape

KEY = "the key that the city was given"
MOMENT = "2026-01-02T03:04:05+03:00"
Pairs: TypeAlias = list[tuple[str, str]]
Rows: TypeAlias = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Said:
    """An answer that is given instead of the right one; the form was taken all the same where ``taken``."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    taken: bool = False


@dataclass
class OtherBody:
    """``posted`` are the forms that came, with their keys; ``requests`` what was taken, by number."""

    port: int = 0
    formats: tuple[str, ...] = ("json", "xml")
    knows_keys: bool = True
    gives_tokens: bool = False
    numbers_given: bool = True
    tells_updates: bool = False
    posted: list[tuple[str, Pairs]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    asked_after: list[list[str]] = field(default_factory=list)
    requests: dict[str, dict[str, Any]] = field(default_factory=dict)
    updates: Rows = field(default_factory=list)
    says: list[Said] = field(default_factory=list)
    before_answering: list[Callable[[], None]] = field(default_factory=list)
    by_key: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://body.localhost:{self.port}/open311/v2"

    def form(self, place: int = -1) -> Pairs:
        return self.posted[place][1]

    def answer(self, method: str, path: str, query: dict[str, str], form: Pairs, key: str) -> Said:
        resource, _, kind = path.removeprefix("/open311/v2/").rpartition(".")
        self.asked.append(f"{method} {resource}.{kind}")
        number = ""
        said = self.says.pop(0) if self.says else None
        if method == "POST":
            self.posted.append((key, form))
            if kind in self.formats and (said is None or said.taken):
                number = self._take(dict(form), key)
        while self.before_answering:
            self.before_answering.pop()()
        if said is not None:
            return said
        if kind not in self.formats:
            return Said(status=406, body=b"no such format")
        if method == "POST":
            return self._receipt(number, form, kind)
        return self._read(resource, query, kind)

    def _take(self, form: dict[str, str], key: str) -> str:
        if form.get("api_key") != KEY or form.get("service_code") not in ("001", "002"):
            return ""
        if self.knows_keys and key in self.by_key:
            return self.by_key[key]
        number = f"A-{len(self.requests) + 1}"
        self.requests[number] = {**form, "service_request_id": number, "status": "open", "updated_datetime": MOMENT}
        self.by_key[key] = number
        return number

    def _receipt(self, number: str, form: Pairs, kind: str) -> Said:
        if not number:
            wrong = ("403", "Invalid api_key") if dict(form).get("api_key") != KEY else ("404", "No such service_code")
            return self._write("errors", "error", [{"code": wrong[0], "description": wrong[1]}], kind, int(wrong[0]))
        row = {"token": f"t {number}"} if self.gives_tokens else {"service_request_id": number}
        return self._write("service_requests", "request", [row], kind)

    def _read(self, resource: str, query: dict[str, str], kind: str) -> Said:
        if resource == "services":
            rows: Rows = [
                {"service_code": "001", "service_name": "Ямы", "metadata": False, "group": "Дороги"},
                {"service_code": "002", "service_name": "Прочее", "metadata": False, "group": None},
            ]
            return self._write("services", "service", rows, kind)
        if resource.startswith("tokens/"):
            token = unquote(resource.removeprefix("tokens/"))
            row = {"token": token}
            if self.numbers_given:
                row["service_request_id"] = token.removeprefix("t ")
            return self._write("service_requests", "request", [row], kind)
        if resource == "servicerequestupdates" and self.tells_updates:
            return self._write("service_request_updates", "request_update", self.updates, kind)
        if resource == "requests":
            wanted = query["service_request_id"].split(",")
            self.asked_after.append(wanted)
            return self._write(
                "service_requests", "request", [self.requests[each] for each in wanted if each in self.requests], kind
            )
        return Said(status=404, body=b"not here")

    def _write(self, root: str, item: str, rows: Rows, kind: str, status: int = 200) -> Said:
        if kind == "json":
            return Said(status=status, body=json.dumps(rows).encode(), headers={"Content-Type": "application/json"})
        inside = "".join(f"<{item}>{''.join(map(_element, row.items()))}</{item}>" for row in rows)
        body = f'<?xml version="1.0" encoding="utf-8"?><{root}>{inside}</{root}>'
        return Said(status=status, body=body.encode(), headers={"Content-Type": "text/xml"})


def _element(pair: tuple[str, Any]) -> str:
    name, value = pair
    return f"<{name}>{escape('' if value is None else str(value))}</{name}>"


@contextmanager
def other_body() -> Iterator[OtherBody]:
    """Run a server until the block ends."""
    body = OtherBody()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say([])

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._say(parse_qsl(sent, keep_blank_values=True, strict_parsing=True))

        def _say(self, form: Pairs) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            key = self.headers.get("Idempotency-Key", "")
            said = body.answer(self.command, parts.path, query, form, key)
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said.body)))
            self.end_headers()
            self.wfile.write(said.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Tell nobody."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    body.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield body
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
