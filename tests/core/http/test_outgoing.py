"""The way out to addresses that people of a city name: where it leads, and what it brings back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from leancity.core.config import LOOPBACK
from leancity.core.http import outgoing
from leancity.core.http.outgoing import Unreachable, get, is_address, post
from tests.core.http.other_side import OtherSide, other_side, self_signed


@pytest.fixture(autouse=True)
def loopback_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEANCITY_OUTGOING_PRIVATE", LOOPBACK)


@pytest.fixture
def side() -> Iterator[OtherSide]:
    with other_side() as server:
        yield server


async def reason_of(url: str, resolve: outgoing.Resolver = outgoing.look_up) -> str:
    with pytest.raises(Unreachable) as caught:
        await get(url, resolve=resolve)
    return caught.value.reason


async def test_an_answer_comes_back_and_nothing_of_ours_goes_along(
    side: OtherSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")
    answer = await get(f"http://some.localhost:{side.port}/plain?a=1", params={"b": "да"}, headers={"X-Own": "1"})
    assert (answer.status, answer.headers["x-told"], answer.content) == (200, "yes", b"hello")
    head = side.seen[0].decode().lower()
    assert head.startswith("get /plain?a=1&b=%d0%b4%d0%b0 http/1.1\r\n")
    assert f"host: some.localhost:{side.port}\r\n" in head
    assert "accept-encoding: identity\r\n" in head
    assert "x-own: 1\r\n" in head
    await get(f"http://some.localhost:{side.port}/plain")
    assert b"ookie" not in side.seen[1]


async def test_a_form_may_hold_a_name_twice(side: OtherSide) -> None:
    form = [("media_url", "a"), ("media_url", "b"), ("text", "яма & лужа")]
    assert (await post(f"http://localhost:{side.port}/plain", form=form)).status == 200
    head, _, body = side.seen[0].partition(b"\r\n\r\n")
    assert b"application/x-www-form-urlencoded; charset=utf-8" in head
    assert body == b"media_url=a&media_url=b&text=%D1%8F%D0%BC%D0%B0+%26+%D0%BB%D1%83%D0%B6%D0%B0"


async def test_an_error_of_theirs_is_an_answer(side: OtherSide) -> None:
    answer = await get(f"http://localhost:{side.port}/missing")
    assert (answer.status, answer.content) == (404, b"none")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("away", "redirect"),
        ("packed", "compressed"),
        ("nonsense", "malformed"),
        ("gone", "malformed"),
        ("short", "malformed"),
        ("endless", "too_large"),
        ("headers", "malformed"),
    ],
)
async def test_what_comes_back_is_bounded(side: OtherSide, path: str, reason: str) -> None:
    assert await reason_of(f"http://localhost:{side.port}/{path}") == reason


async def test_a_drip_ends_with_the_time_for_all(side: OtherSide, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "SECONDS", 0.5)  # each byte comes well before that
    assert await reason_of(f"http://localhost:{side.port}/drip") == "timeout"


async def test_the_largest_answer_is_the_callers_to_say(side: OtherSide) -> None:
    assert (await get(f"http://localhost:{side.port}/plain", largest=5)).content == b"hello"
    with pytest.raises(Unreachable, match="too_large"):
        await get(f"http://localhost:{side.port}/plain", largest=4)


async def test_a_certificate_is_checked(tmp_path: Path) -> None:
    with other_side(tls=self_signed(tmp_path)) as server:
        assert await reason_of(f"https://other.localhost:{server.port}/plain") == "tls"
        assert server.seen == []


async def test_nobody_listens(side: OtherSide) -> None:
    port = side.port
    side.server_close()
    assert await reason_of(f"http://127.0.0.1:{port}/plain") == "connect"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - the server's own, by another name
        "224.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "fd00:ec2::254",
    ],
)
async def test_an_address_that_is_not_global_is_refused(
    side: OtherSide, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("LEANCITY_OUTGOING_PRIVATE", "")

    async def resolve(host: str) -> Sequence[str]:
        return [address]

    for scheme in ("http", "https"):
        assert await reason_of(f"{scheme}://city.example:{side.port}/plain", resolve) == "not_allowed"
    assert side.seen == []


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "[::1]", "localhost", "a.b.localhost", "LOCALHOST"])
async def test_another_spelling_of_the_server_itself_is_refused(
    side: OtherSide, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("LEANCITY_OUTGOING_PRIVATE", "")
    assert await reason_of(f"https://{host}:{side.port}/plain") == "not_allowed"
    assert side.seen == []


async def test_plain_http_goes_to_named_networks_only() -> None:
    async def resolve(host: str) -> Sequence[str]:
        return ["93.184.215.14"]

    assert await reason_of("http://city.example/", resolve) == "not_allowed"


async def test_of_several_addresses_only_the_allowed_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEANCITY_OUTGOING_PRIVATE", "127.0.0.2/32")

    async def resolve(host: str) -> Sequence[str]:
        return ["127.0.0.1", "127.0.0.2"]

    with other_side("127.0.0.2") as allowed:
        answer = await get(f"http://city.example:{allowed.port}/plain", resolve=resolve)
        assert answer.content == b"hello"


async def test_a_name_that_answers_otherwise_the_second_time_gains_nothing(
    side: OtherSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEANCITY_OUTGOING_PRIVATE", "127.0.0.2/32")
    answers = [["127.0.0.2"], ["127.0.0.1"]]

    async def resolve(host: str) -> Sequence[str]:
        return answers.pop(0)

    # What listens is at the second answer's address: a way that looked the name up again would get there.
    assert await reason_of(f"http://rebound.example:{side.port}/plain", resolve) == "connect"
    assert side.seen == []
    assert answers == [["127.0.0.1"]]


async def test_a_host_that_is_not_there() -> None:
    async def resolve(host: str) -> Sequence[str]:
        raise OSError("no such host")

    assert await reason_of("https://nobody.example/", resolve) == "dns"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "city.example",
        "ftp://city.example/",
        "file:///etc/passwd",
        "https://",
        "https://user:secret@city.example/",
        "https://city.example/#part",
        "https://city.example:0/",
        "https://city.example:99999/",
        "https://city.example/ two",
        "https://city.example\\@127.0.0.1/",
        "https://city.example/\r\nX: y",
        "https://" + "a" * 3000,
        "https://[::1/",
    ],
)
async def test_what_is_no_address_is_told_at_once(url: str) -> None:
    assert not is_address(url)
    assert await reason_of(url) == "malformed"
