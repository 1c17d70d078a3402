"""What the directory says of each tenant, for who looks after the installation. No city is entered for it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from leancity.core.db.engine import pool
from leancity.core.errors import refuse
from leancity.core.tenancy.limits import Limits, TenantKind

OPEN, SUSPENDED, IMPORTING, ERASING = "open", "suspended", "importing", "erasing"
STATES = (OPEN, SUSPENDED, IMPORTING, ERASING)

_STATE = "case when t.phase <> '' then t.phase when t.is_suspended then 'suspended' else 'open' end"
_SHOWN = """
select t.id, t.slug, t.title, t.kind, t.zone, t.locale, t.plan, t.limits, t.created_at, r.slug as region,
       array(select h.host from tenant_host h where h.tenant_id = t.id order by h.host) as hosts,
       (select coalesce(jsonb_object_agg(s.module, s.since), '{}') from subscription s
        where s.tenant_id = t.id) as modules,
"""
_CARDS = _SHOWN + _STATE + " as state from tenant t left join tenant r on r.id = t.region_id "
_CHOSEN = """
where ($1::text is null or t.kind = $1)
  and ($3 = '' or strpos(t.slug, $3) > 0 or strpos(replace(lower(t.title), 'ё', 'е'), replace($3, 'ё', 'е')) > 0
       or exists (select from tenant_host h where h.tenant_id = t.id and strpos(h.host, $3) > 0))
  and ($2::text is null or $2 =
"""
_WHERE = _CHOSEN + _STATE + ") "
_PAGE = _CARDS + _WHERE + "and ($4::text is null or t.slug > $4) order by t.slug limit $5"
_COUNTED = "select count(*) from tenant t "
_COUNT = _COUNTED + _WHERE
_NAMED = _CARDS + "where t.slug = any($1::text[]) order by t.slug"
_HAVING = "select module, count(*) as cities from subscription group by module"


@dataclass(frozen=True, kw_only=True)
class Card:
    """A city, region or operator's place as it stands in the directory.

    ``state`` is one of ``STATES``. ``modules`` are the names it subscribes to, installed or not, and since when;
    ``region`` is the slug of its region. ``plan`` is the key of the plan that ``limits`` came from, "" without one.
    """

    id: int
    slug: str
    title: str
    kind: TenantKind
    zone: str
    locale: str
    state: str
    hosts: tuple[str, ...]
    modules: dict[str, datetime]
    region: str | None
    plan: str
    limits: Limits
    created_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Which tenants are meant: None and "" for whatever. ``search`` is part of a slug, a title or a host."""

    kind: TenantKind | None = None
    state: str | None = None
    search: str = ""

    def values(self) -> tuple[Any, ...]:
        """Return the values of the statements here."""
        return self.kind, self.state, self.search.strip().lower().replace("\0", "\ufffd")


async def cards(chosen: Chosen, *, limit: int, after: str | None = None) -> list[Card]:
    """Return up to ``limit`` cards by slug that follow the slug ``after``: one statement however many there are."""
    return [_card(row) for row in await pool().fetch(_PAGE, *chosen.values(), after, limit)]


async def all_cards(chosen: Chosen) -> list[Card]:
    """Return all cards that are meant, by slug."""
    return await cards(chosen, limit=2**31 - 1)


async def count_cards(chosen: Chosen) -> int:
    """Return how many are meant."""
    counted: int = await pool().fetchval(_COUNT, *chosen.values())
    return counted


async def cards_of(slugs: Collection[str]) -> dict[str, Card]:
    """Return the cards of those that there are, by slug."""
    asked = [slug for slug in slugs if "\0" not in slug]  # PostgreSQL has no NUL in texts
    return {row["slug"]: _card(row) for row in await pool().fetch(_NAMED, asked)}


async def find_card(slug: str, field: str = "slug") -> Card:
    """Return a card; refuse an unknown slug."""
    found = await cards_of([slug])
    if slug not in found:
        raise refuse("city_unknown", field, city=slug)
    return found[slug]


async def cities_by_module() -> dict[str, int]:
    """Return how many tenants subscribe to each module that any subscribes to."""
    return {row["module"]: row["cities"] for row in await pool().fetch(_HAVING)}


def _card(row: asyncpg.Record) -> Card:
    found = dict(row)
    return Card(
        **{
            **found,
            "kind": TenantKind(found["kind"]),
            "hosts": tuple(found["hosts"]),
            "modules": msgspec.json.decode(found["modules"], type=dict[str, datetime]),
            "limits": msgspec.json.decode(found["limits"], type=Limits),
        }
    )
