"""To whom a city forwards reports: who they are, which of their services a category of ours is, what key we show."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from asyncpg import UniqueViolationError

from leancity.core.audit.log import record
from leancity.core.cases.checks import SHORT, Checks
from leancity.core.config import load
from leancity.core.db.unit import put_down, tenant_tx
from leancity.core.errors import refuse
from leancity.core.http.outgoing import is_address
from leancity.core.i18n.catalogue import text
from leancity.core.identity.masking import is_masked
from leancity.core.identity.principal import current_principal
from leancity.core.identity.vault import seal, unseal
from leancity.modules.city_problems.forwarding.client import NotTaken, Service, Target, Trouble, list_services
from leancity.modules.city_problems.forwarding.tables import CityProblemsEndpoint, CityProblemsForwarding
from leancity.modules.city_problems.tables import CityProblemsCategory

LONGEST_URL = 500
LONGEST_KEY = 500  # characters of an API key
MOST_SERVICES = 1000
_CODE = re.compile(r"[a-z_]{1,40}")
_KEY = re.compile(r"[a-z][a-z0-9_-]{0,39}")


@dataclass(frozen=True, kw_only=True)
class EndpointCard:
    """What an administrator says of an endpoint; see ``CityProblemsEndpoint``. ``api_key`` None: the one it has."""

    key: str
    title: str
    url: str
    jurisdiction: str = ""
    api_key: str | None = None
    service_code: str = ""
    services: Mapping[str, str] = field(default_factory=dict)
    is_active: bool = True


async def list_endpoints() -> list[CityProblemsEndpoint]:
    """Return the city's endpoints by key, those that are switched off too."""
    async with tenant_tx():
        return await CityProblemsEndpoint.objects().order_by(CityProblemsEndpoint.key)


async def find_endpoint(key: str, field: str = "key") -> CityProblemsEndpoint:
    """Return an endpoint; refuse a key that none has."""
    async with tenant_tx():
        row = None
        if _KEY.fullmatch(key):
            row = await CityProblemsEndpoint.objects().where(CityProblemsEndpoint.key == key).first()
    if row is None:
        raise refuse("not_found", field)
    return row


async def save_endpoint(card: EndpointCard) -> CityProblemsEndpoint:
    """Add the endpoint ``card.key`` or change it; refuse what does not fit, naming each field."""
    try:
        async with tenant_tx(write=True):
            query = CityProblemsEndpoint.objects().where(CityProblemsEndpoint.key == card.key[:LONGEST_KEY])
            row = await query.lock_rows("UPDATE").first() if _KEY.fullmatch(card.key) else None
            values = await _checked(card, row)
            is_new = row is None
            row = row or CityProblemsEndpoint()
            for name, value in values.items():
                setattr(row, name, value)
            await row.save()
            verb = "added" if is_new else "changed"
            facts = {"key": row.key, "active": row.is_active, "keyed": card.api_key is not None}
            await record(f"city_problems.endpoint.{verb}", "city_problems_endpoint", row.id, **facts)
    except UniqueViolationError as error:  # somebody added it in the same moment
        raise refuse("key_taken", "key", key=card.key) from error
    return row


async def remove_endpoint(key: str) -> uuid.UUID:
    """Remove an endpoint to which nothing was forwarded yet; another is switched off instead."""
    async with tenant_tx(write=True):
        row = await find_endpoint(key)
        if await CityProblemsForwarding.exists().where(CityProblemsForwarding.endpoint_id == row.id):
            raise refuse("city_problems.endpoint_used", "key", title=row.title)
        await CityProblemsEndpoint.delete().where(CityProblemsEndpoint.id == row.id)
        await record("city_problems.endpoint.removed", "city_problems_endpoint", row.id, key=row.key)
    return row.id


async def services_of(key: str) -> list[Service]:
    """Ask an endpoint what it takes; refuse with the reason in words where it does not say."""
    target = target_of(await find_endpoint(key))
    try:
        async with put_down():  # it may take seconds: no connection is held meanwhile
            return await list_services(target)
    except Trouble as error:
        raise refuse("city_problems.endpoint_silent", "key", reason=in_words(error.reason)) from error
    except NotTaken as error:
        raise refuse("city_problems.endpoint_silent", "key", reason=error.words) from error


def target_of(row: CityProblemsEndpoint) -> Target:
    """Return where a client asks, with the key in the open."""
    return Target(url=row.url, jurisdiction=row.jurisdiction, api_key=unseal(row.api_key) if row.api_key else "")


def in_words(reason: str, locale: str = "") -> str:
    """Return why an attempt failed, by default in the reader's language; ``reason`` is a code or their own words."""
    if not _CODE.fullmatch(reason):
        return reason
    key = f"city_problems.way_{reason}"
    words = text(key, locale or current_principal().locale)
    return reason if words == key else words


async def _checked(card: EndpointCard, row: CityProblemsEndpoint | None) -> dict[str, object]:
    checks = Checks()
    if not _KEY.fullmatch(card.key):
        checks.wrong("city_problems.key_invalid", "key")
    title = checks.text("title", card.title, limit=SHORT, required=True)
    url = checks.text("url", card.url, limit=LONGEST_URL, required=True).rstrip("/")
    if url and (not is_address(url) or "?" in url):
        checks.wrong("city_problems.url_invalid", "url")
    elif url.startswith("http:") and not load().outgoing_private:
        checks.wrong("city_problems.url_not_https", "url")
    values: dict[str, object] = {
        "key": card.key,
        "title": title,
        "url": url,
        "jurisdiction": checks.text("jurisdiction", card.jurisdiction, limit=SHORT),
        "service_code": checks.text("service_code", card.service_code, limit=SHORT),
        "services": json.dumps(await _services(card.services, checks), ensure_ascii=False),
        "is_active": card.is_active,
    }
    if card.api_key is not None:
        api_key = checks.text("api_key", card.api_key, limit=LONGEST_KEY)
        if is_masked(api_key):
            checks.wrong("masked_value", "api_key")
        values["api_key"] = seal(api_key) if api_key else ""
    elif row is not None and row.api_key and row.url != url:
        # Otherwise whoever may change the address could have the key sent to themselves.
        checks.wrong("city_problems.api_key_anew", "api_key")
    if row is not None and row.url != url:
        values |= {"failure": "", "checked_at": None}
    checks.done()
    return values


async def _services(given: Mapping[str, str], checks: Checks) -> dict[str, str]:
    """Return which service code a category is; categories that were switched off may stay."""
    if len(given) > MOST_SERVICES:
        checks.wrong("setting_too_many", "services", limit=MOST_SERVICES)
        return {}
    rows = await CityProblemsCategory.select(CityProblemsCategory.key)
    known = {row["key"] for row in rows}
    for category in given.keys() - known:
        checks.wrong("city_problems.category_unknown", "services", category=category[:SHORT])
    return {category: checks.text("services", code, limit=SHORT, required=True) for category, code in given.items()}
