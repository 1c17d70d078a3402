"""A city's Open311 as another system sees it: everything is asked as JSON and as XML, which must say the same."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
from jsonschema import Draft7Validator
from lxml import etree

from leancity.core.testing.city import TestUser
from tests.modules.city_problems.conftest import Town

ROOT = "/m/city_problems/open311"
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
TYPES = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}
SCHEMAS = Path(__file__).parent / "schemas"
XSD = etree.XMLSchema(etree.parse(SCHEMAS / "open311.xsd"))
CONTAINERS = frozenset({"attributes", "endpoints", "errors", "formats", "notes", "photos"}) | frozenset(
    {"service_request_updates", "service_requests", "services", "values"}
)

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """``partner`` has the role of another system; its token is the API key."""

    town: Town
    partner: TestUser

    @property
    def key(self) -> str:
        return self.partner.token

    async def get(self, path: str, *, locale: str = "en", **arguments: str) -> httpx.Response:
        """Ask for ``path`` with its extension."""
        headers = {"Accept-Language": locale}
        return await self.town.city.request("GET", f"{ROOT}/{path}", params=arguments, headers=headers)

    async def read(self, path: str, schema: str, *, expect: int = 200, locale: str = "en", **arguments: str) -> Any:
        """Ask for ``path`` in both formats, hold both against the schemas and each other, and return what they say."""
        found = {}
        for extension in TYPES:
            answer = await self.get(f"{path}.{extension}", locale=locale, **arguments)
            assert answer.status_code == expect, answer.text
            found[extension] = checked(answer, extension, schema)
        assert found["xml"] == found["json"]
        return answer_of(found)

    async def post(
        self, pairs: Pairs, extension: str = "json", *, headers: dict[str, str] | None = None, locale: str = "en"
    ) -> httpx.Response:
        """Send a form to ``requests``."""
        sent = {**FORM, "Accept-Language": locale, **(headers or {})}
        body = urlencode(pairs)
        return await self.town.city.request("POST", f"{ROOT}/v2/requests.{extension}", content=body, headers=sent)

    async def file(self, extension: str = "json", **fields: str) -> str:
        """File a report, which must be taken, and return its number."""
        filled = {"api_key": self.key, "service_code": "pothole", "lat": "46.9591", "long": "142.738", **fields}
        answer = await self.post([*filled.items()], extension)
        assert answer.status_code == 200, answer.text
        number: str = answer_of({extension: checked(answer, extension, "receipt")})[0]["service_request_id"]
        return number

    async def refused(self, pairs: Pairs, *, status: int = 400, **more: Any) -> str:
        """Send a form that must be refused, alike in both formats, and return the descriptions in lines."""
        told = {}
        for extension in TYPES:
            answer = await self.post(pairs, extension, **more)
            assert answer.status_code == status, answer.text
            told[extension] = checked(answer, extension, "errors")
        assert told["xml"] == told["json"]
        return "\n".join(each["description"] for each in answer_of(told))

    async def stored(self) -> int:
        """Return how many reports the city has."""
        [row] = await self.town.city.rows("select count(*) from case_record where tenant_id = $1")
        return int(row["count"])


def checked(answer: httpx.Response, extension: str, schema: str) -> Any:
    """Return an answer in the terms of XML (leaves are texts or None) after holding it against its schema."""
    assert answer.headers["content-type"] == TYPES[extension]
    if extension == "json":
        content = json.loads(answer.content.decode())
        Draft7Validator(json.loads((SCHEMAS / f"{schema}.json").read_text("utf-8"))).validate(content)
        return texts(content)
    assert answer.content.startswith(b'<?xml version="1.0" encoding="utf-8"?>')
    tree = etree.fromstring(answer.content, etree.XMLParser(resolve_entities=False))
    XSD.assertValid(tree)
    return of_xml(tree)


def answer_of(found: dict[str, Any]) -> Any:
    return found["json"] if "json" in found else found["xml"]


def of_xml(element: Any) -> Any:
    """Return an element as the standard maps it to JSON, but for numbers and truth values, which XML writes as text."""
    if element.tag in CONTAINERS:
        return [of_xml(each) for each in element]
    if len(element):
        return {each.tag: of_xml(each) for each in element}
    return element.text


def texts(value: Any) -> Any:
    match value:
        case dict():
            return {name: texts(each) for name, each in value.items()}
        case list():
            return [texts(each) for each in value]
        case bool():
            return "true" if value else "false"
        case None | str():
            return value
        case _:
            return str(value)
