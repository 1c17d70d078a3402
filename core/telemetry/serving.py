"""Who may read the metrics, and the listener of the processes that serve no web."""

from __future__ import annotations

import hmac
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from leancity.core.config import Config
from leancity.core.errors import StartupError
from leancity.core.telemetry.metrics import CONTENT_TYPE, exposition

PATH = "/metrics"


def may_read(config: Config, authorization: str) -> bool:
    """Tell whether a request with this header may read the metrics.

    With a token, whoever bears it; without one nobody, except in development. Where a request comes from says nothing:
    behind a proxy on the same machine all the world comes from there.
    """
    if not config.metrics_token:
        return config.is_development
    scheme, _, secret = authorization.partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(secret.strip().encode(), config.metrics_token.encode())


def listen(config: Config) -> None:
    """Answer ``/metrics`` in a thread, as long as the process lives, where a port is set for it."""
    if not config.metrics_port:
        return
    try:
        server = _Server((config.host, config.metrics_port), config)
    except OSError as error:
        raise StartupError(
            f"LEANCITY_METRICS_PORT: {config.host}:{config.metrics_port} can't be listened on: {error.strerror}"
        ) from None
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], config: Config) -> None:
        self.config = config
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that went away in the middle."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10  # seconds for a client that says nothing

    def do_GET(self) -> None:
        is_asked = self.path.partition("?")[0] == PATH
        if is_asked and may_read(self.server.config, self.headers.get("Authorization", "")):
            body = exposition()
            self.send_response(200)
            self.send_header("Content-Type", CONTENT_TYPE)
        else:
            body = b""
            self.send_response(404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        return "leancity"

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: a scrape every few seconds is no event."""
