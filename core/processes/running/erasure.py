"""Forgetting a person in what processes know: facts, drafts, and the engine's state of those that still run.

Whatever equals their account's id, an address or a phone of theirs is emptied, and out of longer texts an address or a
phone is struck; it may lie at any depth, under any name that a form gave it. Names are not looked for: two people may
share one, and a form may hold it in any order. What they wrote themselves goes: their absences with their reasons,
drafts of tasks that they have, notes of their agreements. That they stood in for somebody goes too.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from leancity.core.db.unit import Unit, tenant_tx
from leancity.core.i18n.catalogue import text
from leancity.core.plugins.contributions import Erased, ErasedPerson
from leancity.core.tenancy.context import current_tenant

LENGTH = 10
"""Digits of a phone without the country's code."""
STRUCK = "…"
"""What stands in a text where something of theirs stood."""

# Which rows may hold something of theirs; whether one does is seen when it is read. $3: the last digits of their phone.
_INSTANCES = """
select id, facts, asked, state from process_instance
where tenant_id = $1 and (
    exists (select from unnest($2::text[]) word (is_)
        where strpos(lower(facts::text || asked::text || coalesce(state, '')), is_) > 0)
    or ($3 <> '' and strpos(regexp_replace(facts::text || asked::text || coalesce(state, ''), '\\D', '', 'g'), $3) > 0))
for no key update
"""
_ITEMS = """
select id, draft from work_item
where tenant_id = $1 and (
    exists (select from unnest($2::text[]) word (is_) where strpos(lower(draft::text), is_) > 0)
    or ($3 <> '' and strpos(regexp_replace(draft::text, '\\D', '', 'g'), $3) > 0))
for no key update
"""
_WRITE_INSTANCE = "update process_instance set facts = $3, asked = $4, state = $5 where tenant_id = $1 and id = $2"
_WRITE_ITEM = "update work_item set draft = $3, version = version + 1 where tenant_id = $1 and id = $2"
_DONE_BY = "select count(*) from work_item where tenant_id = $1 and assignee_id = $2"
_ABSENCES = "delete from absence where tenant_id = $1 and user_id = $2 returning id"
_STOOD_IN = "update absence set substitute_id = null where tenant_id = $1 and substitute_id = $2 returning id"
_DRAFTS = """
update work_item set draft = '{}', version = version + 1
where tenant_id = $1 and assignee_id = $2 and draft <> '{}'::jsonb returning id
"""
_AGREEMENTS = """
update process_agreement set note = '' where tenant_id = $1 and user_id = $2 and note <> '' returning id
"""


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

    def struck(self, value: str) -> str:
        """Return a text without what of it is theirs."""
        return value if self._within is None else self._within.sub(STRUCK, value)

    @cached_property
    def _within(self) -> re.Pattern[str] | None:
        """What is looked for in longer texts: an id and an address as words of their own, a phone however spaced."""
        found = [rf"(?<![\w.@-]){re.escape(word)}(?![\w@-]|\.\w)" for word in sorted(self.words)]
        if self.digits:
            found.append(r"(?<!\d)(?:\+?\d[ ()-]{0,2})?" + r"[ ()-]{0,2}".join(self.digits) + r"(?!\d)")
        return re.compile("|".join(found), re.IGNORECASE) if found else None


async def forget_in_processes(person: ErasedPerson) -> Erased:
    """Empty what equals the person's id, address or phone; a second time finds nothing."""
    words = frozenset({str(person.person_id or ""), person.email} - {""})
    theirs = _Theirs(words, person.phone[-LENGTH:] if len(person.phone) >= LENGTH else "")
    async with tenant_tx(write=True) as unit:
        erased = await _instances(unit, theirs) + await _items(unit, theirs)
        kept = 0
        if person.person_id is not None:
            erased += await _written(unit, person.person_id)
            kept = await unit.connection.fetchval(_DONE_BY, unit.tenant_id, person.person_id)
    note = text("erasure_kept_processes", current_tenant().locale) if kept else ""
    return Erased(erased=erased, kept=kept, note=note)


async def _written(unit: Unit, person_id: uuid.UUID) -> int:
    """Remove what they wrote themselves, and that they stood in for somebody; return how many rows that were."""
    fetch, of = unit.connection.fetch, (unit.tenant_id, person_id)
    absences, stood_in = await fetch(_ABSENCES, *of), await fetch(_STOOD_IN, *of)
    drafts, agreements = await fetch(_DRAFTS, *of), await fetch(_AGREEMENTS, *of)
    return len(absences) + len(stood_in) + len(drafts) + len(agreements)


async def _instances(unit: Unit, theirs: _Theirs) -> int:
    changed = 0
    for row in await unit.connection.fetch(_INSTANCES, unit.tenant_id, [*theirs.words], theirs.digits):
        kept = row["facts"], row["asked"], row["state"]
        left = [each and without(each, theirs) for each in kept]
        if left != [*kept]:
            await unit.connection.execute(_WRITE_INSTANCE, unit.tenant_id, row["id"], *left)
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
            return "" if theirs.has(value) else theirs.struck(value)
        case list():
            return [_emptied(each, theirs) for each in value]
        case dict():
            return {key: _emptied(each, theirs) for key, each in value.items()}
        case _:
            return value
