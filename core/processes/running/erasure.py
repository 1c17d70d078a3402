"""Forgetting a person in what processes know: facts, drafts, and the engine's state of those that still run.

Whatever equals their account's id, an address or a phone of theirs is emptied; it may lie at any depth, under any name
that a form gave it. Names are not looked for: two people may share one, and a form may hold it in any order.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from leancity.core.db.unit import Unit, tenant_tx
from leancity.core.i18n.catalogue import text
from leancity.core.plugins.contributions import Erased, ErasedPerson
from leancity.core.tenancy.context import current_tenant

LENGTH = 10
"""Digits of a phone without the country's code."""

# Which rows may hold something of theirs; whether one does is seen when it is read. $3: the last digits of their phone.
_INSTANCES = """
select id, facts, state from process_instance
where tenant_id = $1 and (
    exists (select from unnest($2::text[]) word (is_) where strpos(lower(facts::text || coalesce(state, '')), is_) > 0)
    or ($3 <> '' and strpos(regexp_replace(facts::text || coalesce(state, ''), '\\D', '', 'g'), $3) > 0))
for no key update
"""
_ITEMS = """
select id, draft from work_item
where tenant_id = $1 and (
    exists (select from unnest($2::text[]) word (is_) where strpos(lower(draft::text), is_) > 0)
    or ($3 <> '' and strpos(regexp_replace(draft::text, '\\D', '', 'g'), $3) > 0))
for no key update
"""
_WRITE_INSTANCE = "update process_instance set facts = $3, state = $4 where tenant_id = $1 and id = $2"
_WRITE_ITEM = "update work_item set draft = $3, version = version + 1 where tenant_id = $1 and id = $2"
_DONE_BY = "select count(*) from work_item where tenant_id = $1 and assignee_id = $2"
_ABSENCES = "delete from absence where tenant_id = $1 and user_id = $2 returning id"


@dataclass(frozen=True)
class _Theirs:
    """What is somebody's: texts in lower case, and the last ten digits of a phone, "" where none is known."""

    words: frozenset[str]
    digits: str

    def has(self, value: str) -> bool:
        bare = value.strip().lower()
        if bare in self.words:
            return True
        digits = "".join(filter(str.isdigit, bare))
        return bool(self.digits) and not bare.strip("+0123456789 ()-") and digits[-LENGTH:] == self.digits


async def forget_in_processes(person: ErasedPerson) -> Erased:
    """Empty what equals the person's id, address or phone; a second time finds nothing."""
    words = frozenset({str(person.person_id or ""), person.email} - {""})
    theirs = _Theirs(words, person.phone[-LENGTH:] if len(person.phone) >= LENGTH else "")
    async with tenant_tx(write=True) as unit:
        erased = await _instances(unit, theirs) + await _items(unit, theirs)
        kept = 0
        if person.person_id is not None:
            erased += len(await unit.connection.fetch(_ABSENCES, unit.tenant_id, person.person_id))
            kept = await unit.connection.fetchval(_DONE_BY, unit.tenant_id, person.person_id)
    note = text("erasure_kept_processes", current_tenant().locale) if kept else ""
    return Erased(erased=erased, kept=kept, note=note)


async def _instances(unit: Unit, theirs: _Theirs) -> int:
    changed = 0
    for row in await unit.connection.fetch(_INSTANCES, unit.tenant_id, [*theirs.words], theirs.digits):
        facts, state = without(row["facts"], theirs), row["state"] and without(row["state"], theirs)
        if (facts, state) != (row["facts"], row["state"]):
            await unit.connection.execute(_WRITE_INSTANCE, unit.tenant_id, row["id"], facts, state)
            changed += 1
    return changed


async def _items(unit: Unit, theirs: _Theirs) -> int:
    changed = 0
    for row in await unit.connection.fetch(_ITEMS, unit.tenant_id, [*theirs.words], theirs.digits):
        draft = without(row["draft"], theirs)
        if draft != row["draft"]:
            await unit.connection.execute(_WRITE_ITEM, unit.tenant_id, row["id"], draft)
            changed += 1
    return changed


def without(kept: str, theirs: _Theirs) -> str:
    """Return a JSON text in which what is theirs is empty; the same text where nothing is."""
    before = json.loads(kept)
    after = _emptied(before, theirs)
    return kept if after == before else json.dumps(after, ensure_ascii=False, separators=(",", ":"))


def _emptied(value: Any, theirs: _Theirs) -> Any:
    match value:
        case str():
            return "" if theirs.has(value) else value
        case list():
            return [_emptied(each, theirs) for each in value]
        case dict():
            return {key: _emptied(each, theirs) for key, each in value.items()}
        case _:
            return value
