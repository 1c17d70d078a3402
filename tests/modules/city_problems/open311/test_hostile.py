"""Hostile texts in every argument: they stay texts or are refused in words, nothing is stored by halves."""

from __future__ import annotations

from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.modules.city_problems.open311.endpoint import FORM, ROOT, TYPES, Endpoint, checked

HOSTILE = (
    "'; set local app.tenant = '0'; --",
    "x' or tenant_id <> 0 or 'a' = '",
    "{{ 7 * 7 }} ${7*7} #{7*7} {0} %s $1",
    "<!ENTITY x SYSTEM 'file:///etc/passwd'>&x;<script>alert(1)</script>]]>",
    "../../../../etc/passwd",
    "=cmd|' /C calc'!A0",
    "\u202egnp.exe",
    "a\u0000b",
    "ﬀ１２３\u0301 Zalgo\u200b",
    "\uffff\ufdd0",
    "'\"`\\;|&$(id)\r\nX-Evil: 1",
    "9" * 400,
)
PLACE = {"service_code": "pothole", "lat": "46.9591", "long": "142.738"}
FREE = ("description", "address_string", "last_name", "address_id", "device_id", "account_id", "title")
"""Whatever stands in these is a text, or nobody looks at it."""
STRICT = (("lat", "long", "media_url"), ("service_code",), ("email", "phone", "attribute[depth]"))
"""What must look like something, by when it is looked at."""
DOOR = ("api_key", "jurisdiction_id")
ASKED = ("start_date", "end_date", "status", "page", "page_size", "service_code")
ALTERED = frozenset({HOSTILE[8], HOSTILE[10]})
"""Shown without signs that nobody sees, and with ends of line as XML has them."""


async def test_a_hostile_form_is_taken_as_text_or_refused(endpoint: Endpoint) -> None:
    filed = 0
    for number, text in enumerate(HOSTILE):
        extension, given = [*TYPES][number % 2], {"api_key": endpoint.key, **PLACE, "description": "A hole"}
        for names in (*STRICT, *((name,) for name in DOOR)):
            answer = await endpoint.post([*{**given, **dict.fromkeys(names, text)}.items()], extension)
            assert answer.status_code in {400, 403, 404}, (names, text, answer.text)
            told = {error["description"].partition(":")[0] for error in checked(answer, extension, "errors")}
            assert told == {*names}, text
        answer = await endpoint.post([*{**given, **dict.fromkeys(FREE, text)}.items()], extension)
        if answer.status_code == 200:
            filed += 1
            [receipt] = checked(answer, extension, "receipt")
            [seen] = await endpoint.read(f"v2/requests/{receipt['service_request_id']}", "requests")
            assert seen["description"] == text or text in ALTERED
        else:
            assert answer.status_code == 400, (text, answer.text)
            checked(answer, extension, "errors")
    assert await endpoint.stored() == filed >= 6


async def test_a_hostile_question_is_answered_or_refused(endpoint: Endpoint) -> None:
    await endpoint.file()
    for text in HOSTILE:
        for path, asked in (("v2/requests", [ASKED, ("extensions",)]), ("v2/servicerequestupdates", [ASKED[:2]])):
            for names in (("service_request_id",), DOOR[:1], DOOR[1:], *asked):
                answer = await endpoint.get(f"{path}.json", **dict.fromkeys(names, text))
                assert answer.status_code in {200, 400, 403, 404}, (names, text, answer.text)
                assert "Traceback" not in answer.text and "X-Evil" not in answer.headers
        for path in ("v2/requests", "v2/services", "v2/tokens"):
            answer = await endpoint.get(f"{path}/{quote(text, safe='')}.xml")
            assert answer.status_code == 404, (path, text, answer.text)


def examples(strategy: st.SearchStrategy[bytes], number: int) -> list[bytes]:
    """Return so many examples, the same at every run."""
    found: list[bytes] = []

    @settings(max_examples=number, database=None, suppress_health_check=[*HealthCheck])
    @given(strategy)
    def collect(example: bytes) -> None:
        found.append(example)

    collect()
    return found


NAMES = st.sampled_from([*ASKED, *FREE, *DOOR, "lat", "%", "&", "=", "%zz", "attribute[", "\xff"])
VALUES = st.one_of(st.text(max_size=12), st.sampled_from([*HOSTILE, "open", "2026-01-01T00:00:00Z", "pothole", "1"]))
PAIRS = st.tuples(NAMES, VALUES).map(lambda pair: f"{pair[0]}={quote(pair[1], errors='surrogatepass')}".encode())
QUERIES = st.one_of(st.lists(PAIRS, max_size=6).map(b"&".join), st.binary(max_size=40))


async def test_whatever_is_sent_is_answered_in_the_format_asked_for(endpoint: Endpoint) -> None:
    city = endpoint.town.city
    for number, query in enumerate(examples(QUERIES, 40)):
        extension = [*TYPES][number % 2]
        escaped = quote(query, safe="%&=+[]~")
        for answer in (
            await city.request("GET", f"{ROOT}/v2/requests.{extension}?{escaped}"),
            await city.request("POST", f"{ROOT}/v2/requests.{extension}", content=query, headers=FORM),
        ):
            assert answer.status_code in {200, 400, 403, 404}, (query, answer.text)
            if answer.status_code != 200:
                checked(answer, extension, "errors")
    assert await endpoint.stored() == 0
