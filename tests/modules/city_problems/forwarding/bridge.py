"""A way to the web process that can lose an answer: what was asked arrives, what comes back does not."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Bridge(socketserver.ThreadingTCPServer):
    """``lost`` are the answers that did not come through; ``at_loss`` is called for each before the line is cut."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int) -> None:
        self.to_port = port
        self.losing = 0
        self.lost: list[bytes] = []
        self.at_loss: Callable[[], None] = lambda: None
        super().__init__(("127.0.0.1", 0), _Crossing)

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Crossing(socketserver.BaseRequestHandler):
    server: Bridge

    def handle(self) -> None:
        with socket.create_connection(("127.0.0.1", self.server.to_port)) as other:
            back = threading.Thread(target=self._back, args=(other,))
            back.start()
            while part := self._received():
                other.sendall(part)
            other.close()
            back.join()

    def _received(self) -> bytes:
        try:
            return bytes(self.request.recv(65536))
        except OSError:
            return b""

    def _back(self, other: socket.socket) -> None:
        try:
            while part := other.recv(65536):
                if self.server.losing and part.startswith(b"HTTP/1.1 200"):
                    self.server.losing -= 1
                    self.server.lost.append(part)
                    self.server.at_loss()
                    break
                self.request.sendall(part)
            self.request.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


@contextmanager
def bridge_to(port: int) -> Iterator[Bridge]:
    """Run a bridge until the block ends."""
    with Bridge(port) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
