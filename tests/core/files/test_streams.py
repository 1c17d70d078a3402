"""Streams without end: cut off at the limit, answered, and nothing of them stays in memory or on disk."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from leancity.core.testing.city import TestUser
from tests.core.files.conftest import Site
from tests.core.files.made import pdf

MB = 1024 * 1024
BLOCK = bytes(64 * 1024)
FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.pdf"\r\n\r\n%PDF-1.7\n'


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What became of a stream: the answer, and how much was sent until the server hung up."""

    status: int
    headers: str
    body: dict[str, object]
    sent: int


async def streamed(
    site: Site,
    method: str,
    path: str,
    *,
    as_: TestUser | None,
    total: int,
    length: int | None = None,
    head: bytes = b"",
) -> Ended:
    """Send ``total`` bytes, chunked unless a ``length`` is announced, and go on as long as the server lets us."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {site.city.host}", "Accept-Language: ru"]
    lines += [f"Authorization: Bearer {as_.token}"] if as_ else []
    lines += ["Content-Type: multipart/form-data; boundary=b"] if method == "POST" else []
    lines += ["Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"]
    start = "\r\n".join([*lines, "", ""]).encode()
    return await asyncio.to_thread(_streamed, site.city.platform.port, start, head, total, length is None)


def _streamed(port: int, start: bytes, head: bytes, total: int, is_chunked: bool) -> Ended:
    """On a bare socket, which has what the server said also where it hung up while we were sending."""
    sent = 0
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall(start)
        with suppress(OSError):
            while sent < total:
                block = head if head and not sent else BLOCK
                line.sendall(b"%x\r\n%b\r\n" % (len(block), block) if is_chunked else block)
                sent += len(block)
        answer = b""
        with suppress(OSError):
            while found := line.recv(65536):
                answer += found
    told, _, rest = answer.partition(b"\r\n\r\n")
    return Ended(status=int(told.split()[1]), headers=told.decode().lower(), body=json.loads(rest), sent=sent)


def web_processes(site: Site) -> list[int]:
    """Return the processes that serve the site: who listens at its port, and their children."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"LEANCITY_PORT={site.city.platform.port}".encode() in environment:
            found.append(int(folder.name))
    assert found, "the web process is looked for in the wrong place"
    return found


def memory(site: Site) -> int:
    """Return the bytes that the web processes take."""
    total = 0
    for process in web_processes(site):
        try:
            lines = Path(f"/proc/{process}/status").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))
    return total


@contextmanager
def little_memory(site: Site) -> Iterator[Callable[[], None]]:
    """Hold the web process to 64 MB more than it takes now, at each look and at the end."""
    before, most = memory(site), 0

    def look() -> None:
        nonlocal most
        most = max(most, memory(site) - before)

    yield look
    look()
    assert most < 64 * MB, f"{most // MB} MB more"


async def watched(look: Callable[[], None], work: asyncio.Task[Ended]) -> Ended:
    while not work.done():
        look()
        await asyncio.sleep(0.1)
    return await work


@pytest.mark.parametrize("door", ["form", "address"])
@pytest.mark.parametrize("length", [None, 10_000 * MB], ids=["chunked", "announced"])
async def test_a_stream_of_ten_gigabytes_ends_at_the_limit(site: Site, door: str, length: int | None) -> None:
    clerk = await site.city.user()
    await site.sent(pdf("warm"), as_=clerk)
    rows, keys = await site.rows(), site.bytes.keys(site.city)
    with little_memory(site) as look:
        if door == "form":
            asked = streamed(site, "POST", "/files", as_=clerk, total=10_000 * MB, length=length, head=FORM)
        else:
            url = await site.ticket(as_=clerk)
            asked = streamed(site, "PUT", url, as_=None, total=10_000 * MB, length=length, head=b"%PDF-1.7\n")
        ended = await watched(look, asyncio.create_task(asked))
    assert ended.status == 413 and "connection: close" in ended.headers
    assert ended.body["title"] == "Файл больше 50 МБ" and ended.body["status"] == 413
    assert ended.sent < 80 * MB, "what was sent beyond the limit is what lay in the sockets"
    assert length is None or ended.sent < 20 * MB, "what is announced is refused before it comes"
    assert (await site.rows(), site.bytes.keys(site.city), site.bytes.begun()) == (rows, keys, [])


async def test_a_strangers_limit_is_a_pictures(folder_site: Site) -> None:
    ended = await streamed(folder_site, "POST", "/files", as_=None, total=1000 * MB, head=FORM)
    assert ended.status == 413 and ended.body["title"] == "Файл больше 12 МБ"
    assert await folder_site.is_empty()


async def test_a_length_that_lies_is_no_way_in(folder_site: Site) -> None:
    """More than announced: the rest is not this request's. Less, and the line ends: nothing is kept."""
    clerk, content = await folder_site.city.user(), pdf("x" * 1000)
    for announced in (len(content) + 1, 40 * MB):
        reader, writer = await asyncio.open_connection("127.0.0.1", folder_site.city.platform.port)
        url = await folder_site.ticket(as_=clerk)
        writer.write(
            f"PUT {url} HTTP/1.1\r\nHost: {folder_site.city.host}\r\nContent-Length: {announced}\r\n\r\n".encode()
        )
        writer.write(content)
        await writer.drain()
        await asyncio.sleep(0.2)
        writer.close()
        assert await reader.read() == b""
    await until_quiet(folder_site)
    assert await folder_site.is_empty()


async def test_a_client_that_goes_away_leaves_nothing(site: Site) -> None:
    clerk = await site.city.user()
    _, writer = await asyncio.open_connection("127.0.0.1", site.city.platform.port)
    url = await site.ticket(as_=clerk)
    writer.write(f"PUT {url} HTTP/1.1\r\nHost: {site.city.host}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
    for _ in range(100):
        writer.write(b"%x\r\n%b\r\n" % (len(BLOCK), BLOCK))
        await writer.drain()
    await until(lambda: received(site) > 0)
    writer.transport.abort()
    await until_quiet(site)
    assert await site.is_empty()


async def test_uploads_at_once_take_little_memory(folder_site: Site) -> None:
    clerk, content = await folder_site.city.user(), pdf("x" * 30 * MB)
    await folder_site.sent(pdf("warm"), as_=clerk)
    urls = [await folder_site.ticket(as_=clerk) for _ in range(4)]
    with little_memory(folder_site) as look:

        async def put(url: str) -> int:
            return (await folder_site.city.request("PUT", url, content=content)).status_code

        putting = asyncio.gather(*(put(url) for url in urls))
        while not putting.done():
            look()
            await asyncio.sleep(0.05)
        assert await putting == [201] * 4
        fetched = await folder_site.city.request("GET", (await folder_site.sent(content, as_=clerk))["url"], as_=clerk)
        assert fetched.content == content


async def test_a_reader_that_stalls_takes_no_memory(folder_site: Site) -> None:
    """Nor a connection of the pool: there are five, and more readers than that."""
    clerk = await folder_site.city.user()
    kept = await folder_site.sent(pdf("x" * 40 * MB), as_=clerk)
    lines = (
        f"GET {kept['url']} HTTP/1.1\r\nHost: {folder_site.city.host}\r\nAuthorization: Bearer {clerk.token}\r\n\r\n"
    )
    with little_memory(folder_site):
        readers = []
        for _ in range(8):
            reader, writer = await asyncio.open_connection("127.0.0.1", folder_site.city.platform.port, limit=1024)
            writer.write(lines.encode())
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            readers.append(writer)
        answer = await folder_site.city.request("GET", kept["url"], as_=clerk, headers={"Range": "bytes=0-7"})
        assert answer.content == b"%PDF-1.7"
    for writer in readers:
        writer.transport.abort()


def received(site: Site) -> int:
    """Return how many bytes of nameless files the web processes hold open."""
    total = 0
    for process in web_processes(site):
        for handle in Path(f"/proc/{process}/fd").glob("*"):
            try:
                if "(deleted)" in str(handle.readlink()):
                    total += handle.stat().st_size
            except OSError:
                continue
    return total


async def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline, "waited for in vain"
        await asyncio.sleep(0.05)


async def until_quiet(site: Site) -> None:
    await until(lambda: received(site) == 0)
