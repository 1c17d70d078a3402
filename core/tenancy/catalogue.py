"""The catalogue of practices: packages that cities offer to all others, in the directory.

Every function joins the open unit of a city, so that what is done here commits with the city's own audit line. A row
is changed only in the name of the city that gave it, but for ``takers``: who took it, each under a word that only it
can make (``core.identity.vault.derived``), with the effect it measured where it has told it, else null.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from leancity.core.db.unit import Unit

_SHOWN = """
select c.id, c.key, c.no, c.title, c.summary, c.checksum, c.published_at, c.withdrawn_at, c.tenant_id = $1 as is_mine,
    (select count(distinct k.digest) from catalogue_package o, jsonb_object_keys(o.summary -> 'takers') as k (digest)
     where o.key = c.key) as cities,
    (select coalesce(jsonb_agg(t.value order by t.key), '[]') from catalogue_package o,
     jsonb_each(o.summary -> 'takers') as t (key, value)
     where o.key = c.key and t.value <> 'null') as effects
from catalogue_package c
"""
# Of others the newest that is offered; of one's own all that there ever were.
_CHOSEN = """
where case when $2::boolean then c.tenant_id = $1 else c.withdrawn_at is null and not exists (
        select from catalogue_package n where n.key = c.key and n.no > c.no and n.withdrawn_at is null) end
  and ($3 = '' or strpos(lower(c.title), $3) > 0 or strpos(lower(c.summary ->> 'description'), $3) > 0
       or strpos(lower(c.key), $3) > 0)
  and ($4 = '' or c.summary -> 'tags' @> to_jsonb(array[$4::text]))
  and ($5 = '' or c.summary ->> 'case_kind' = $5)
  and ($6 = '' or coalesce(c.summary -> 'effect' ->> 'verdict', 'none') = $6)
"""
_PAGE = (
    _SHOWN
    + _CHOSEN
    + """
  and ($7::timestamptz is null or (c.published_at, c.id) < ($7, $8::uuid))
order by c.published_at desc, c.id desc limit $9
"""
)
_COUNTED = "select count(*) from catalogue_package c "
_COUNT = _COUNTED + _CHOSEN
_ONE = _SHOWN + "where c.id = $2 and (c.withdrawn_at is null or c.tenant_id = $1)"
_CONTENT = "select content from catalogue_package where id = $2 and (withdrawn_at is null or tenant_id = $1)"
_NEXT = "select coalesce(max(no), 0) + 1 from catalogue_package where key = $1"
_OFFER = """
insert into catalogue_package (id, tenant_id, key, no, title, summary, content, checksum, published_at)
values ($2, $1, $3, $4, $5, $6, $7, $8, $9) on conflict (key, no) do nothing returning id
"""
_WITHDRAW = """
update catalogue_package set withdrawn_at = $3 where tenant_id = $1 and id = $2 and withdrawn_at is null
returning key, no
"""
# Of a package that came by a file there may be no row: then there is nobody to be told.
_TAKE = """
update catalogue_package set summary = jsonb_set(summary, array['takers', $3], $4::jsonb)
where key = $1 and no = $2 and checksum = $5
"""
_LEAVE = "update catalogue_package set summary = summary #- array['takers', $2] where key = $1"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which packages; what is empty asks for nothing. ``effect``: a verdict, none for what was not measured.

    ``is_mine``: those of the city itself, earlier and withdrawn ones too.
    """

    is_mine: bool = False
    text: str = ""
    tag: str = ""
    case_kind: str = ""
    effect: str = ""

    def values(self) -> tuple[Any, ...]:
        """Return $2 to $6 of the statements here."""
        return self.is_mine, self.text.strip().lower(), self.tag.strip().lower(), self.case_kind, self.effect


@dataclass(frozen=True, kw_only=True)
class Offered:
    """A package as the list shows it. ``cities``: how many took it in any number; ``effects`` that they told of."""

    id: uuid.UUID
    key: str
    no: int
    title: str
    summary: Mapping[str, Any]
    checksum: str
    published_at: datetime
    withdrawn_at: datetime | None
    is_mine: bool
    cities: int
    effects: Sequence[Mapping[str, Any]]


async def page(unit: Unit, wanted: Wanted, *, limit: int, after: tuple[datetime, uuid.UUID] | None) -> list[Offered]:
    """Return at most ``limit`` packages, the newest first, behind ``after``."""
    place = after or (None, None)
    rows = await unit.connection.fetch(_PAGE, unit.tenant_id, *wanted.values(), *place, limit)
    return [_offered(row) for row in rows]


async def count(unit: Unit, wanted: Wanted) -> int:
    """Return how many there are."""
    counted: int = await unit.connection.fetchval(_COUNT, unit.tenant_id, *wanted.values())
    return counted


async def one(unit: Unit, package_id: uuid.UUID) -> Offered | None:
    """Return a package that is offered, or was by this very city."""
    row = await unit.connection.fetchrow(_ONE, unit.tenant_id, package_id)
    return None if row is None else _offered(row)


async def content_of(unit: Unit, package_id: uuid.UUID) -> str | None:
    """Return the signed file of a package, where ``one`` returns it."""
    content: str | None = await unit.connection.fetchval(_CONTENT, unit.tenant_id, package_id)
    return content


async def next_no(unit: Unit, key: str) -> int:
    """Return the number that the next publication of a package has."""
    no: int = await unit.connection.fetchval(_NEXT, key)
    return no


async def offer(
    unit: Unit,
    package_id: uuid.UUID,
    *,
    key: str,
    no: int,
    title: str,
    summary: Mapping[str, Any],
    content: str,
    checksum: str,
    at: datetime,
) -> bool:
    """Offer a package; False where somebody has just taken its number."""
    told = json.dumps({**summary, "takers": {}}, ensure_ascii=False)
    values = (package_id, key, no, title, told, content, checksum, at)
    return await unit.connection.fetchval(_OFFER, unit.tenant_id, *values) is not None


async def withdraw(unit: Unit, package_id: uuid.UUID, at: datetime) -> bool:
    """Offer a package no more; False where this city doesn't."""
    return await unit.connection.fetchval(_WITHDRAW, unit.tenant_id, package_id, at) is not None


async def take(unit: Unit, key: str, no: int, checksum: str, word: str, effect: Mapping[str, Any] | None) -> None:
    """Note that a city has taken a package, under its ``word``, and the effect that it tells, None for none."""
    await unit.connection.execute(_TAKE, key, no, word, json.dumps(effect), checksum)


async def leave(unit: Unit, key: str, word: str) -> None:
    """Forget that a city has taken a package."""
    await unit.connection.execute(_LEAVE, key, word)


def _offered(row: asyncpg.Record) -> Offered:
    found = dict(row)
    return Offered(**{**found, "summary": json.loads(found["summary"]), "effects": json.loads(found["effects"])})
