"""Filing a report with a key: what is taken, what is refused and how, and that it is done once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.attempts import count_request
from leancity.core.identity.tokens import create_token
from leancity.modules.city_problems.open311.keys import FILINGS
from leancity.modules.city_problems.permissions import SUBMIT
from tests.modules.city_problems.conftest import jpeg
from tests.modules.city_problems.open311.endpoint import FORM, ROOT, Endpoint, checked

PLACE = {"service_code": "pothole", "lat": "46.9591", "long": "142.738"}
NOTED = "select data ->> 'reason' as reason from case_event where tenant_id = $1 and kind = 'photo_not_fetched'"


def lines(told: str) -> list[str]:
    return sorted(line.partition(":")[0] for line in told.splitlines())


async def test_the_least_that_the_standard_asks_for_is_enough(endpoint: Endpoint) -> None:
    answer = await endpoint.post([("api_key", endpoint.key), *PLACE.items()])
    assert answer.status_code == 200 and answer.json()[0]["account_id"] is None
    checked(answer, "json", "receipt")
    bare = await endpoint.post([("api_key", endpoint.key), ("service_code", "pothole"), ("address_string", "Lenina 5")])
    number = bare.json()[0]["service_request_id"]
    [seen] = await endpoint.read(f"v2/requests/{number}", "requests")
    assert (seen["lat"], seen["long"], seen["address"]) == (None, None, "Lenina 5")
    assert seen["description"], "our cases have words: the service's name stands in for none"
    full = {"device_id": "tt222111", "account_id": "123456", "unknown": "x", "address_id": "7", "email": ""}
    assert await endpoint.file(**full, description="<b>A hole</b>\r\n& more") == "CP-2026-000003"
    [seen] = await endpoint.read("v2/requests/CP-2026-000003", "requests")
    assert seen["description"].replace("\r", "") == "<b>A hole</b>\n& more"
    authors = await endpoint.town.city.rows("select distinct author_id from case_record where tenant_id = $1")
    assert [row["author_id"] for row in authors] == [endpoint.partner.id]


async def test_a_key_is_a_token_of_an_account_that_may_file(endpoint: Endpoint) -> None:
    city, given = endpoint.town.city, [*PLACE.items()]
    assert lines(await endpoint.refused(given, status=403)) == ["api_key"]
    assert lines(await endpoint.refused([("api_key", "x" * 43), *given], status=403)) == ["api_key"]
    assert lines(await endpoint.refused([("api_key", endpoint.town.clerk.token), *given], status=403)) == ["api_key"]
    session = (await city.signed_in(endpoint.partner)).token
    assert lines(await endpoint.refused([("api_key", session), *given], status=403)) == ["api_key"]
    headers = {"Authorization": f"Bearer {endpoint.key}"}
    assert (await endpoint.post(given, headers=headers)).status_code == 200
    async with city.serving(as_=await city.signed_in(endpoint.partner)):
        narrow = await create_token("for the contractor", [SUBMIT], 30)
        useless = await create_token("for nothing", [], 30)
    assert (await endpoint.post([("api_key", narrow), *given])).status_code == 200
    assert lines(await endpoint.refused([("api_key", useless), *given], status=403)) == ["api_key"]
    assert await endpoint.stored() == 2


async def test_every_wrong_argument_is_named(endpoint: Endpoint) -> None:
    key = ("api_key", endpoint.key)
    assert lines(await endpoint.refused([key])) == ["lat", "service_code"]
    assert lines(await endpoint.refused([key, ("service_code", "pothole"), ("address_id", "7")])) == ["address_id"]
    assert lines(await endpoint.refused([key, ("service_code", "pothole"), ("lat", "46.9")])) == ["long"]
    for lat, long in (("NaN", "inf"), ("1e999", "1e2"), ("46,95", "142,7"), ("91", "-181"), ("٤٦", "0x8e"), ("", "1")):
        told = lines(await endpoint.refused([key, ("service_code", "pothole"), ("lat", lat), ("long", long)]))
        assert "lat" in told and ("long" in told) == (long != "1"), (lat, long)
    dragons = [key, *{**PLACE, "service_code": "dragons"}.items()]
    assert lines(await endpoint.refused(dragons, status=404)) == ["service_code"]
    assert lines(await endpoint.refused([key, *PLACE.items(), ("jurisdiction_id", "sfgov.org")], status=404)) == [
        "jurisdiction_id"
    ]
    many = [
        ("description", "x" * 4001),
        ("phone", "not a phone"),
        ("email", "not an address"),
        ("first_name", "x" * 300),
    ]
    told = lines(await endpoint.refused([key, *PLACE.items(), many[0]]))
    assert told == ["description"]
    assert lines(await endpoint.refused([key, *PLACE.items(), *many[1:]])) == ["email", "first_name", "phone"]
    twice = [key, *PLACE.items(), ("lat", "47"), ("description", "a"), ("description", "b")]
    assert lines(await endpoint.refused(twice)) == ["description", "lat"]
    for url in (
        "ftp://x.example/a.jpg",
        "javascript:alert(1)",
        "https://user:pw@x.example/a.jpg",
        "file:///etc/passwd",
    ):
        assert lines(await endpoint.refused([key, *PLACE.items(), ("media_url", url)])) == ["media_url"], url
    urls = [("media_url", f"https://x.example/{number}.jpg") for number in range(6)]
    assert await endpoint.refused([key, *PLACE.items(), *urls]) == "media_url: At most 5 photos"
    russian = await endpoint.refused([key, *PLACE.items(), ("description", "x" * 4001)], locale="ru")
    assert russian == "description: Не больше 4000 знаков"
    assert await endpoint.stored() == 0


async def test_a_body_that_is_no_form_is_refused(endpoint: Endpoint) -> None:
    city = endpoint.town.city

    async def refused(content: bytes, content_type: str, status: int = 400) -> None:
        for extension in ("json", "xml"):
            path, headers = f"{ROOT}/v2/requests.{extension}", {"Content-Type": content_type}
            answer = await city.request("POST", path, content=content, headers=headers)
            assert answer.status_code == status, answer.text
            checked(answer, extension, "errors")

    form = FORM["Content-Type"]
    await refused(b'{"api_key": "x"}', "application/json")
    await refused(b"<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><x>&y;</x>", "text/xml")
    await refused(b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x")
    await refused("description=яма".encode("cp1251"), "application/x-www-form-urlencoded; charset=windows-1251")
    await refused("description=яма".encode("cp1251"), form)
    await refused(b"description=%ff%fe", form)
    await refused(b"description=%00", form)
    await refused(b"description=%EF%BF%BF&first_name=%E2%80%AEgpj", form)
    await refused(b"&".join(b"a%d=1" % number for number in range(300)), form)
    await refused(b"description=" + b"x" * 600_000, form, 413)
    await refused(b"", form, 403)
    assert await endpoint.stored() == 0


async def test_a_browsers_cookie_files_nothing(endpoint: Endpoint) -> None:
    city = endpoint.town.city
    session = (await city.signed_in(endpoint.partner)).token
    cookie = {"Cookie": f"__Host-leancity_session={session}"}
    foreign = {**cookie, "Origin": "https://evil.example"}
    assert (await endpoint.post([*PLACE.items()], headers=foreign)).status_code == 403
    own = {**cookie, "Origin": f"https://{city.host}"}
    assert (await endpoint.post([*PLACE.items()], headers=own)).status_code == 403
    assert await endpoint.stored() == 0


async def test_a_report_sent_twice_is_filed_once(endpoint: Endpoint) -> None:
    given = [("api_key", endpoint.key), *PLACE.items(), ("description", "A hole")]
    headers = {"Idempotency-Key": "5b1f7a52-6f4a-4a59-bb9c-9e9f6d3f3a11"}
    first = await endpoint.post(given, headers=headers)
    again = await endpoint.post(given, headers=headers)
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json() and again.headers["idempotent-replayed"] == "true"
    other = await endpoint.post(given, "xml", headers=headers)
    assert checked(other, "xml", "receipt")[0]["service_request_id"] == first.json()[0]["service_request_id"]
    told = await endpoint.refused([*given[:-1], ("description", "Another")], headers=headers)
    assert lines(told) == ["Idempotency-Key"] == lines(await endpoint.refused(given, headers={"Idempotency-Key": "x"}))
    assert await endpoint.stored() == 1
    refused = [*given[:2], ("description", "no place")]
    fresh = {"Idempotency-Key": "5b1f7a52-6f4a-4a59-bb9c-9e9f6d3f3a12"}
    await endpoint.refused(refused, headers=fresh)
    assert (await endpoint.post(given, headers=fresh)).status_code == 200, "what was refused may be sent again"
    assert await endpoint.stored() == 2


async def test_a_key_files_so_many_reports_an_hour(endpoint: Endpoint) -> None:
    city = endpoint.town.city
    async with city.serving(), tenant_tx(write=True):
        for _ in range(FILINGS.tries):
            await count_request("open311", str(endpoint.partner.principal.credential_id), FILINGS)
    answer = await endpoint.post([("api_key", endpoint.key), *PLACE.items()])
    assert answer.status_code == 429 and int(answer.headers["retry-after"]) > 3000
    checked(answer, "json", "errors")
    assert await endpoint.stored() == 0


class _Pictures(BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        is_photo = self.path.startswith("/hole")
        content = jpeg() if is_photo else b"<html>nothing here</html>"
        self.send_response(404 if self.path == "/gone.jpg" else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def pictures() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Pictures) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


async def test_photos_are_fetched_and_what_is_none_is_noted(endpoint: Endpoint) -> None:
    city = endpoint.town.city
    with pictures() as address:
        urls = [("media_url", f"{address}/{name}") for name in ("hole.jpg", "page.html", "gone.jpg")]
        answer = await endpoint.post([("api_key", endpoint.key), *PLACE.items(), *urls])
        number = answer.json()[0]["service_request_id"]
        await city.run_jobs()
    [seen] = await endpoint.read(f"v2/requests/{number}", "requests_extended", extensions="true")
    assert len(seen["extended_attributes"]["photos"]) == 1
    events = await city.rows(NOTED)
    assert len(events) == 2 and "status" in {row["reason"] for row in events}
    kept = await city.rows("select payload::text from job where tenant_id = $1 and name = 'city_problems.fetch_photo'")
    assert {row["payload"] for row in kept} == {"{}"}, "no address is kept once it has been asked"


async def test_an_address_that_answers_nothing_is_asked_again_and_given_up(endpoint: Endpoint) -> None:
    city = endpoint.town.city
    with pictures() as address:
        pass
    given = [("api_key", endpoint.key), *PLACE.items(), ("media_url", f"{address}/hole.jpg")]
    number = (await endpoint.post(given)).json()[0]["service_request_id"]
    await city.run_jobs()
    assert await city.rows(NOTED) == []
    for _ in range(3):
        await city.run_jobs(all_due=True)
    assert [row["reason"] for row in await city.rows(NOTED)] == ["connect"]
    [seen] = await endpoint.read(f"v2/requests/{number}", "requests")
    assert seen["media_url"] is None and seen["status"] == "open"
