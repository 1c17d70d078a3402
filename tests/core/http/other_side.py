"""Servers on loopback that others might run: each path answers as somebody badly behaved would."""

from __future__ import annotations

import re
import socketserver
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Told: yes\r\nSet-Cookie: a=b\r\n\r\nhello"
ANSWERS = {
    "/plain": PLAIN,
    "/missing": b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone",
    "/away": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/elsewhere\r\nContent-Length: 0\r\n\r\n",
    "/packed": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    "/nonsense": b"SSH-2.0-OpenSSH_9.6\r\n",
    "/gone": b"",
    "/short": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello",
}
ENDLESS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNK = b"10000\r\n" + b"x" * 65536 + b"\r\n"


class OtherSide(socketserver.ThreadingTCPServer):
    """``seen`` are the heads and bodies of what was asked."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, host: str, tls: ssl.SSLContext | None = None) -> None:
        self.seen: list[bytes] = []
        self.ended = threading.Event()
        self.tls = tls
        super().__init__((host, 0), _Handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has heard enough hangs up."""


class _Handler(socketserver.BaseRequestHandler):
    server: OtherSide

    def handle(self) -> None:
        stream = self.request
        if self.server.tls is not None:
            stream = self.server.tls.wrap_socket(stream, server_side=True)
        asked = stream.recv(65536)
        head, _, body = asked.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head.lower())
        while length is not None and len(body) < int(length[1]):
            body += stream.recv(65536)
        asked = head + b"\r\n\r\n" + body
        self.server.seen.append(asked)
        path = asked.split(b" ")[1].decode().partition("?")[0]
        if path == "/endless":
            stream.sendall(ENDLESS)
            while not self.server.ended.is_set():
                stream.sendall(CHUNK)
        elif path == "/drip":
            stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not self.server.ended.wait(0.05):
                stream.sendall(b"x")
        elif path == "/headers":
            stream.sendall(b"HTTP/1.1 200 OK\r\n")
            while not self.server.ended.is_set():
                stream.sendall(b"X-More: " + b"x" * 1000 + b"\r\n")
                time.sleep(0)
        else:
            stream.sendall(ANSWERS[path])


@contextmanager
def other_side(host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Iterator[OtherSide]:
    """Run a server until the block ends."""
    with OtherSide(host, tls) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.ended.set()
            server.shutdown()
            thread.join()


def self_signed(folder: Path) -> ssl.SSLContext:
    """Return the means of a server whose certificate nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "other.localhost")])
    begun = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begun - timedelta(days=1))
        .not_valid_after(begun + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "other.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
