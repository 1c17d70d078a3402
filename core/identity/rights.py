"""Whom a secret stands for, and how far what they were granted reaches: read anew with every request."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Collection
from typing import Any

import asyncpg

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import Kind, Principal, narrowed
from leancity.core.identity.scopes import EVERYWHERE, Grants, Reach, Scope, parse
from leancity.core.identity.secrets import digest
from leancity.core.identity.use import IDLE_LASTS
from leancity.core.moment import now
from leancity.core.tenancy.context import current_tenant

# The grants of the account ``u``, as rows of [entries of the role, unit where it begins, across entities, territory].
_GRANTED = """(
    select json_agg(json_build_array(r.permissions, coalesce(g.unit_id, u.unit_id), g.across_entities, g.territory_id))
    from role_grant g join role r on r.tenant_id = g.tenant_id and r.id = g.role_id
    where g.tenant_id = $1 and g.user_id = u.id and (g.expires_at is null or g.expires_at > $2)
)"""
_OF_ACCOUNT = "select {granted} from user_account u where u.tenant_id = $1 and u.id = $3".replace("{granted}", _GRANTED)

_ACCOUNT = """u.unit_id, coalesce(u.locale, '') as locale, coalesce(u.kind = 'resident', false) as is_resident,
       coalesce(u.kind = 'staff' and u.totp_confirmed_at is null and exists (
            select 1 from custom_item s
            where s.tenant_id = $1 and s.collection = 'core.settings' and s.key = ''
              and coalesce(s.changed ->> 'is_totp_required', s.handed_down ->> 'is_totp_required') = 'true'
       ), false) as must_enrol_totp,
       {granted} as granted""".replace("{granted}", _GRANTED)

# Of each credential: the account with its grants, or the operator's access with the role that is lent to it.
_WHO = """
select c.id as credential_id, c.key, c.kind, c.permissions as only, c.operator_access_id as access_id,
       u.id as user_id, coalesce(u.name, a.operator) as name, {account},
       r.permissions as lent
from credential c
left join user_account u on u.tenant_id = c.tenant_id and u.id = c.user_id
left join operator_access a on a.tenant_id = c.tenant_id and a.id = c.operator_access_id
left join role r on r.tenant_id = a.tenant_id and r.id = a.role_id
where c.tenant_id = $1 and c.expires_at > $2
  and (c.kind <> 'session' or coalesce(c.used_at, c.created_at) > $2 - $4::interval)
  and (u.is_active or (a.state = 'granted' and a.expires_at > $2))
""".replace("{account}", _ACCOUNT)
# Of each account what a session of theirs would have.
_PEOPLE = """
select null::uuid as credential_id, 'session' as kind, null::text[] as only, null::uuid as access_id,
       u.id as user_id, u.name, {account}, null::text[] as lent
from user_account u where u.tenant_id = $1 and u.is_active and u.id = any($3::uuid[])
""".replace("{account}", _ACCOUNT)
_BY_KEY = _WHO + " and c.key = $3"
_BY_ID = _WHO + " and c.id = any($3::uuid[])"

# $2 the units where grants begin. Upwards from each to the entity it lies in; downwards from it and from that entity,
# crossing into no other entity; and downwards across all.
_UNITS = """
with recursive up (base, id, parent_id, kind) as (
    select u.id, u.id, u.parent_id, u.kind from org_unit u where u.tenant_id = $1 and u.id = any($2::uuid[])
    union
    select up.base, p.id, p.parent_id, p.kind from up join org_unit p on p.id = up.parent_id
    where p.tenant_id = $1 and up.kind <> 'legal_entity'
), entity as (
    select base, id from up where kind = 'legal_entity'
), root as (
    select base as id from up union select id from entity
), within (root, id) as (
    select id, id from root
    union
    select w.root, c.id from within w join org_unit c on c.parent_id = w.id
    where c.tenant_id = $1 and c.kind <> 'legal_entity'
), below (root, id) as (
    select b, b from unnest($2::uuid[]) b
    union
    select d.root, c.id from below d join org_unit c on c.parent_id = d.id where c.tenant_id = $1
)
select base as root, 'entity' as how, array_agg(id) as ids from entity group by base
union all
select root, 'within', array_agg(id) from within group by root
union all
select root, 'below', array_agg(id) from below group by root
"""


async def principal_of(secret: str, locale: str = "") -> Principal | None:
    """Return whom an unexpired secret of this city stands for. Another city's secret is unknown here.

    ``locale`` is the language to answer an account in that has chosen none; the city's when it is empty.
    """
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_BY_KEY, current_tenant().id, now(), digest(secret), IDLE_LASTS)
        return (await _principals(rows, locale))[0] if rows else None


async def principals_of(credential_ids: Collection[uuid.UUID], locale: str = "") -> dict[uuid.UUID, Principal]:
    """Return whom the credentials that still open something stand for, by credential."""
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_BY_ID, current_tenant().id, now(), [*credential_ids], IDLE_LASTS)
        found = await _principals(rows, locale)
    return {row["credential_id"]: principal for row, principal in zip(rows, found, strict=True)}


async def principals_for(user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Principal]:
    """Return as whom those of the accounts that may sign in would ask: for work that is done for people not there."""
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_PEOPLE, current_tenant().id, now(), [*user_ids])
        found = await _principals(rows, "")
    return {row["user_id"]: principal for row, principal in zip(rows, found, strict=True)}


async def grants_of(user_id: uuid.UUID) -> Grants:
    """Return what an account was granted, whether it may sign in or not."""
    async with tenant_tx() as unit:
        found = await unit.connection.fetchval(_OF_ACCOUNT, current_tenant().id, now(), user_id)
        granted = json.loads(found) if found else []
        return _grants(granted, await _units([granted]))


async def _principals(rows: list[asyncpg.Record], locale: str) -> list[Principal]:
    granted = [_granted(row) for row in rows]
    units = await _units(granted)
    return [_principal(row, _grants(mine, units), locale) for row, mine in zip(rows, granted, strict=True)]


def _granted(row: asyncpg.Record) -> list[Any]:
    if row["lent"] is not None:
        return [[row["lent"], None, True, None]]
    return json.loads(row["granted"]) if row["granted"] else []


def _principal(row: asyncpg.Record, grants: Grants, locale: str) -> Principal:
    kind = {"session": Kind.USER, "token": Kind.TOKEN, "operator": Kind.OPERATOR}[row["kind"]]
    return Principal(
        kind=kind,
        user_id=row["user_id"],
        name=row["name"],
        unit_id=row["unit_id"],
        grants=_held(row, grants),
        locale=row["locale"] or locale or current_tenant().locale,
        is_resident=row["is_resident"],
        must_enrol_totp=row["must_enrol_totp"],
        session_id=row["credential_id"] if kind is Kind.USER else None,
        credential_id=row["credential_id"],
        access_id=row["access_id"],
    )


def _held(row: asyncpg.Record, grants: Grants) -> Grants:
    """Return what of its grants a credential has.

    Nothing while the account still owes the city a second factor, and never anything of the staff's for a resident.
    """
    if row["must_enrol_totp"] or row["is_resident"]:
        return {}
    return grants if row["only"] is None else narrowed(grants, frozenset(row["only"]))


class _Tree:
    """What lies where, of the units at which grants begin."""

    def __init__(self, rows: list[asyncpg.Record]) -> None:
        self._found: dict[tuple[str, uuid.UUID], frozenset[uuid.UUID]] = {
            (row["how"], row["root"]): frozenset(row["ids"]) for row in rows
        }

    def below(self, base: uuid.UUID, *, across: bool) -> frozenset[uuid.UUID]:
        return self._found.get(("below" if across else "within", base), frozenset({base}))

    def entity_around(self, base: uuid.UUID) -> frozenset[uuid.UUID] | None:
        """Return the units of the legal entity that ``base`` lies in, None in the municipality itself."""
        entities = self._found.get(("entity", base))
        return None if entities is None else frozenset().union(*(self.below(e, across=False) for e in entities))


async def _units(granted: list[list[Any]]) -> _Tree:
    """Read the tree as far as some grant's scope needs it: for ``own``, ``unit`` and without a unit it does not."""
    bases = {
        uuid.UUID(base)
        for mine in granted
        for entries, base, across, _ in mine
        if base is not None
        for scope in [parse(each)[1] for each in entries]
        if scope is Scope.SUBTREE or (scope is Scope.ALL and not across)
    }
    if not bases:
        return _Tree([])
    async with tenant_tx() as unit:
        return _Tree(await unit.connection.fetch(_UNITS, current_tenant().id, [*bases]))


def _grants(granted: list[Any], tree: _Tree) -> Grants:
    found: dict[str, set[Reach]] = defaultdict(set)
    for entries, base, across, territory in granted:
        base_id = None if base is None else uuid.UUID(base)
        territory_id = None if territory is None else uuid.UUID(territory)
        for name, scope in map(parse, entries):
            reaches = found[name]
            if scope is Scope.ALL:
                units = None if across or base_id is None else tree.entity_around(base_id)
                reaches.add(Reach(units=units, territory_id=territory_id))
            elif scope is not Scope.OWN and base_id is not None:
                units = tree.below(base_id, across=across) if scope is Scope.SUBTREE else frozenset({base_id})
                reaches.add(Reach(units=units, territory_id=territory_id))
    return {name: frozenset({EVERYWHERE}) if EVERYWHERE in all_ else frozenset(all_) for name, all_ in found.items()}
