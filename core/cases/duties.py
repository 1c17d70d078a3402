"""Separation of duties along a case: who has made one move does not make another that was declared apart from it."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection

from leancity.core.audit.log import note_refused
from leancity.core.cases.kinds import CaseKind, Transition
from leancity.core.cases.tables import CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.i18n.catalogue import pick, text
from leancity.core.identity.principal import current_principal

_MADE = """
select case_id, coalesce(data ->> 'transition', 'filing') as name from case_event
where tenant_id = $1 and case_id = any($2::uuid[]) and kind = 'state_entered'
  and (actor_id = $3 or data ->> 'asked_by' = $3::text)
"""


async def made_on(case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, set[str]]:
    """Return the moves, ``FILING`` among them, that whoever asks has made on each of the cases."""
    found: dict[uuid.UUID, set[str]] = defaultdict(set)
    who = current_principal().user_id
    if who is not None and case_ids:
        async with tenant_tx() as unit:
            for row in await unit.connection.fetch(_MADE, unit.tenant_id, [*case_ids], who):
                found[row["case_id"]].add(row["name"])
    return found


async def require_apart(step: Transition, case: CaseRecord, kind: CaseKind) -> None:
    """Refuse a step to who has made one of those that it is apart from."""
    if not step.apart_from:
        return
    clash = sorted((await made_on([case.id]))[case.id].intersection(step.apart_from))
    if clash:
        locale = current_principal().locale
        other = kind.transition(clash[0])
        note_refused(step.permission or step.name, "case", case.id, apart_from=clash)
        raise refuse(
            "case_duties_separate",
            "transition",
            step=text("case_filing", locale) if other is None else pick(other.title, locale),
        )
