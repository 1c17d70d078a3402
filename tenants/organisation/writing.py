"""Writing an organisation into the city being served: added and changed to what the file says, never removed.

Three kinds of transactions, each of which leaves a city that works: the units, batches of people with their roles, the
heads. What a killed run has not reached the next one writes; what is there already costs it a comparison, no write.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from leancity.core.audit.log import Entry, record, record_all
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.locks import lock_roles
from leancity.core.ids import new_id
from leancity.core.moment import now
from leancity.core.tenancy.allowance import require_people
from leancity.tenants.organisation.checking import Match, compared
from leancity.tenants.organisation.model import Organisation
from leancity.tenants.organisation.placing import Placed, placed_units

BATCH = 200
"""People a transaction."""

# See docs/decisions/009-plans-of-bulk-writes.md.
_PLAN_ONCE = "discard plans; set local plan_cache_mode = auto"
_LOCK_UNITS = "select from org_unit where tenant_id = $1 order by id for no key update"
_NEW_UNITS = """
insert into org_unit (tenant_id, id, key, title, parent_id, kind, legal_form, inn, is_active)
select $1, new.*, true from unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::text[],
    $8::text[]) as new
on conflict (tenant_id, key) do nothing returning id
"""
_CHANGED_UNITS = """
update org_unit u set title = new.title, parent_id = new.parent_id, kind = new.kind, legal_form = new.legal_form,
    inn = new.inn
from unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[])
    as new (id, title, parent_id, kind, legal_form, inn)
where u.tenant_id = $1 and u.id = new.id
"""
_NEW_PEOPLE = """
insert into user_account (tenant_id, kind, created_at, id, login, name, position, unit_id, email, phone, password_hash,
    totp_secret, totp_step, locale, is_active)
select $1, 'staff', $2, new.*, '', '', 0, '', true from unnest($3::uuid[], $4::text[], $5::text[], $6::text[],
    $7::uuid[], $8::text[], $9::text[]) as new
on conflict (tenant_id, login) do nothing returning id
"""
_CHANGED_PEOPLE = """
update user_account u set name = new.name, position = new.position, unit_id = new.unit_id, email = new.email,
    phone = new.phone
from unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::text[])
    as new (id, name, position, unit_id, email, phone)
where u.tenant_id = $1 and u.id = new.id
"""
_GRANTS = """
insert into role_grant (tenant_id, granted_at, id, user_id, role_id, across_entities)
select $1, $2, new.*, false from unnest($3::uuid[], $4::uuid[], $5::uuid[]) as new
"""
_HEADS = """
update org_unit u set head_id = new.head_id from unnest($2::uuid[], $3::uuid[]) as new (id, head_id)
where u.tenant_id = $1 and u.id = new.id
"""

Progress = Callable[[int, int], None]
"""Told how many units and people of how many are done."""


@dataclass(kw_only=True)
class Written:
    """What a run has changed. ``held_back``: people who were not written, as the check tells."""

    units_added: int = 0
    units_changed: int = 0
    people_added: int = 0
    people_changed: int = 0
    roles_granted: int = 0
    heads_set: int = 0
    held_back: int = 0

    @property
    def changes(self) -> int:
        return self.units_added + self.units_changed + self.people_added + self.people_changed + (
            self.roles_granted + self.heads_set
        )  # fmt: skip


@dataclass(kw_only=True)
class _Batch:
    """Rows of one transaction, as tuples in the order of its statements' columns."""

    new: list[tuple[Any, ...]] = field(default_factory=list)
    changed: list[tuple[Any, ...]] = field(default_factory=list)
    grants: list[tuple[Any, ...]] = field(default_factory=list)
    audit: list[Entry] = field(default_factory=list)


async def write_organisation(found: Organisation, *, on_progress: Progress | None = None) -> Written:
    """Write units and people; return what was changed. A second time it changes nothing.

    What the file leaves empty stays as the city has it. New accounts have no password: nobody can sign in with one
    before they are invited. Refuses more people than the city's plan allows, and a run beside another one.
    """
    state = await compared(found)
    written = Written(held_back=len(found.people) - len(state.people))
    total, done = len(found.units) + len(state.people), len(found.units)
    placed = placed_units(found.units, state.present.units)
    ids = {unit.line.key: unit.id for unit in placed}
    await _write_units(placed, written)
    people: dict[str, uuid.UUID] = {}
    for batch in _batches([*state.people.values()]):
        people |= await _write_people(batch, ids, written)
        done += len(batch)
        if on_progress is not None:
            on_progress(done, total)
    await _write_heads(placed, people, written)
    if written.changes:
        await record("core.organisation.imported", "tenant", **asdict(written))
    return written


async def _write_units(placed: list[Placed], written: Written) -> None:
    batch = _Batch()
    for one in placed:
        card = (one.line.title, one.parent_id, one.line.kind, one.line.legal_form, one.inn)
        if one.before is None:
            batch.new.append((one.id, one.line.key, *card))
            batch.audit.append(Entry("core.unit.created", "org_unit", one.id, {"kind": one.line.kind}))
        elif changed := _changed(one.before, ("title", "parent_id", "kind", "legal_form", "inn"), card):
            batch.changed.append((one.id, *card))
            batch.audit.append(Entry("core.unit.changed", "org_unit", one.id, {"fields": changed}))
    if not batch.audit:
        return
    async with tenant_tx(write=True) as unit:
        await unit.connection.execute(_PLAN_ONCE)
        await unit.connection.execute(_LOCK_UNITS, unit.tenant_id)
        if batch.new:
            _require_all(batch.new, await unit.connection.fetch(_NEW_UNITS, unit.tenant_id, *_columns(batch.new)))
        if batch.changed:
            await unit.connection.execute(_CHANGED_UNITS, unit.tenant_id, *_columns(batch.changed))
        await record_all(batch.audit)
    written.units_added += len(batch.new)
    written.units_changed += len(batch.changed)


async def _write_people(
    matches: Sequence[Match], units: dict[str, uuid.UUID], written: Written
) -> dict[str, uuid.UUID]:
    batch, ids = _Batch(), dict[str, uuid.UUID]()
    for match in matches:
        ids[match.line.login] = _add_person(batch, match, units.get(match.line.unit))
    if not batch.audit:
        return ids
    async with tenant_tx(write=True) as unit:
        await unit.connection.execute(_PLAN_ONCE)
        if batch.grants:
            await lock_roles()
        if batch.new:
            await require_people(len(batch.new))
            rows = await unit.connection.fetch(_NEW_PEOPLE, unit.tenant_id, now(), *_columns(batch.new))
            _require_all(batch.new, rows)
        if batch.changed:
            await unit.connection.execute(_CHANGED_PEOPLE, unit.tenant_id, *_columns(batch.changed))
        if batch.grants:
            await unit.connection.execute(_GRANTS, unit.tenant_id, now(), *_columns(batch.grants))
        await record_all(batch.audit)
    written.people_added += len(batch.new)
    written.people_changed += len(batch.changed)
    written.roles_granted += len(batch.grants)
    return ids


def _add_person(batch: _Batch, match: Match, unit_id: uuid.UUID | None) -> uuid.UUID:
    line, before = match.line, match.account
    if before is None:
        user_id = new_id()
        batch.new.append((user_id, line.login, line.name, line.position, unit_id, match.email, line.phone))
        roles = [role.key for role in match.roles]
        batch.audit.append(Entry("core.user.created", "user_account", user_id, {"roles": roles}))
    else:
        user_id = before["id"]
        names = ("name", "position", "unit_id", "email", "phone")
        said = (line.name, line.position, unit_id, match.email, line.phone)
        card = tuple(value or before[name] for name, value in zip(names, said, strict=True))
        if changed := _changed(before, names, card):
            batch.changed.append((user_id, *card))
            batch.audit.append(Entry("core.person.changed", "user_account", user_id, {"fields": sorted(changed)}))
    for role in match.roles:
        grant_id = new_id()
        batch.grants.append((grant_id, user_id, role.id))
        data = {"role": role.key, "grant_id": str(grant_id)}
        batch.audit.append(Entry("core.role.granted", "user_account", user_id, data))
    return user_id


async def _write_heads(placed: list[Placed], people: dict[str, uuid.UUID], written: Written) -> None:
    rows = [
        (unit.id, people[unit.line.head])
        for unit in placed
        if unit.line.head in people and (unit.before is None or unit.before["head_id"] != people[unit.line.head])
    ]
    if not rows:
        return
    async with tenant_tx(write=True) as unit:
        await unit.connection.execute(_HEADS, unit.tenant_id, *_columns(rows))
        await record_all(
            Entry("core.unit.changed", "org_unit", unit_id, {"fields": ["head_id"]}) for unit_id, _ in rows
        )
    written.heads_set += len(rows)


def _changed(before: dict[str, Any], names: Sequence[str], values: Sequence[Any]) -> list[str]:
    return [name for name, value in zip(names, values, strict=True) if before[name] != value]


def _require_all(rows: list[tuple[Any, ...]], inserted: list[Any]) -> None:
    if len(inserted) != len(rows):
        raise refuse("organisation_elsewhere")


def _columns(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    return zip(*rows, strict=True)


def _batches(matches: list[Match]) -> Iterator[list[Match]]:
    for begin in range(0, len(matches), BATCH):
        yield matches[begin : begin + BATCH]
