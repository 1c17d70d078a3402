"""Where a report would go: to its rule's unit, else to its category's, else nowhere by itself: the clerk decides."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from leancity.core.cases.reach import reached
from leancity.core.customs.current import current_items
from leancity.core.db.unit import tenant_tx
from leancity.modules.city_problems.permissions import DISPATCH
from leancity.modules.city_problems.routing.rules import NAME, RouteItem
from leancity.modules.city_problems.routing.units import Unit, find_units

_REPORTS = """
select r.case_id, r.route, k.unit_id, c.status from city_problems_report r
join case_record c on c.tenant_id = r.tenant_id and c.id = r.case_id
join city_problems_category k on k.tenant_id = r.tenant_id and k.id = r.category_id
where r.tenant_id = $1 and c.tenant_id = $1 and k.tenant_id = $1 and r.case_id = any($2::uuid[])
"""
_RETURNED = """
select case_id, receiver_id from case_handover
where tenant_id = $1 and case_id = any($2::uuid[]) and state = 'returned'
"""
_OPEN = frozenset({"reported", "sorted"})
"""States in which a report still goes somewhere."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Where a report would go. ``unit`` is None for the clerk's decision.

    ``rule`` and ``note`` are those of the rule that fitted, "" where none did; ``passed`` is the rule's unit where it
    is not the one chosen, for it is closed, has nobody, or has returned the report. ``is_returned``: some unit has.
    ``is_due``: the report is still to be sent.
    """

    unit: Unit | None
    rule: str
    note: str
    passed: Unit | None
    is_returned: bool
    is_due: bool


def rules_on() -> Mapping[str, RouteItem]:
    """Return the rules that are switched on, by key."""
    return {key: item for key, item in current_items(NAME).items() if item.is_on}


async def choices(case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Choice]:
    """Return where the reports of these cases would go. Asks for no permission: guard what leads there."""
    rules = rules_on()
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_REPORTS, unit.tenant_id, [*case_ids])
        returns = await unit.connection.fetch(_RETURNED, unit.tenant_id, [*case_ids])
        units = await find_units(
            {rules[row["route"]].unit for row in rows if row["route"] in rules},
            {row["unit_id"] for row in rows if row["unit_id"] is not None},
        )
    returned: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for row in returns:
        returned[row["case_id"]].add(row["receiver_id"])
    by_key, by_id = {unit.key: unit for unit in units}, {unit.id: unit for unit in units}
    found = {}
    for row in rows:
        item = rules.get(row["route"])
        theirs = None if item is None else by_key.get(item.unit)
        candidates = (theirs, by_id.get(row["unit_id"]))
        refused = returned[row["case_id"]]
        chosen = next((each for each in candidates if each and each.is_open and each.id not in refused), None)
        found[row["case_id"]] = Choice(
            unit=chosen,
            rule="" if item is None else row["route"],
            note=item.note if item is not None and chosen is theirs else "",
            passed=None if chosen is theirs else theirs,
            is_returned=bool(refused),
            is_due=row["status"] in _OPEN,
        )
    return found


async def choice_of(case_id: uuid.UUID) -> Choice | None:
    """Return where one report would go, None for a case that is none."""
    return (await choices([case_id])).get(case_id)


async def suggestions(case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Choice]:
    """Return the choices for those of the cases that are to be sent, and that whoever asks may send."""
    found = await choices(await reached(DISPATCH, case_ids))
    return {case_id: choice for case_id, choice in found.items() if choice.is_due}
