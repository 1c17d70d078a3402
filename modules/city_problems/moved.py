"""What follows from a move of a report, in its transaction, whoever makes it and however late.

A city may have drawn an approval before a move: who asked for it is then no longer there when it is made, and a timer
may make one that nobody asked for. So what belongs to the move itself hangs here, not on the mutation.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leancity.core.cases.handover import hand_over, let_go, return_open
from leancity.core.cases.records import lock_case
from leancity.core.cases.tables import CaseRecord
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.jobs.outbox import enqueue
from leancity.modules.city_problems import publishing
from leancity.modules.city_problems.duplicates.marking import carry_over, take_back
from leancity.modules.city_problems.forwarding.sending import JOB, recalled
from leancity.modules.city_problems.kinds import DUPLICATE, KEY
from leancity.modules.city_problems.tables import CityProblemsReport


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A move that was just made: ``given`` by who asked for it, ``is_later`` where they are not there any more."""

    case: CaseRecord
    report: CityProblemsReport
    note: str
    given: Mapping[str, Any]
    is_later: bool


async def follow_up(
    case_id: uuid.UUID, kind: str, transition: str, note: str, given: Mapping[str, Any], *, is_later: bool
) -> None:
    """Do what follows from a transition of a report; of another module's case nothing."""
    if kind != KEY or transition not in _EFFECTS:
        return
    case, _ = await lock_case(case_id, permission=None, closed=True)
    report = await CityProblemsReport.objects().where(CityProblemsReport.case_id == case_id).first()
    if report is not None:
        await _EFFECTS[transition](Moved(case=case, report=report, note=note, given=given, is_later=is_later))


async def _sorted(moved: Moved) -> None:
    # Whoever sorts at once corrects the category first, and shows the report then.
    if moved.is_later:
        await publishing.settle(moved.case, moved.report, is_sorted=not current_principal().is_system)


async def _sent(moved: Moved) -> None:
    unit_id = _id(moved, "unit", "unit_id")
    if moved.case.unit_id == unit_id:  # it did the work before the report was reopened: it accepts it like any other
        await let_go(moved.case)
    await hand_over(moved.case.id, unit_id, moved.given.get("handover_note", ""), permission=None)


def _id(moved: Moved, name: str, field: str) -> uuid.UUID:
    """Return an id that who asked for the move gave; refuse one that the drawing makes though nobody asked."""
    if name not in moved.given:
        raise refuse("required", field)
    return uuid.UUID(str(moved.given[name]))


async def _sent_back(moved: Moved) -> None:
    await return_open(moved.case, moved.note)


async def _forwarded(moved: Moved) -> None:
    await publishing.settle(moved.case, moved.report, is_sorted=True)
    forwarding_id = str(_id(moved, "forwarding", "endpoint"))
    await enqueue(JOB, {"forwarding_id": forwarding_id}, order_key=f"{JOB} {moved.case.id}")


async def _recalled(moved: Moved) -> None:
    await recalled(moved.case.id)


async def _refused(moved: Moved) -> None:
    if original := moved.given.get("original"):
        await carry_over(moved.case, uuid.UUID(str(original)))


async def _reopened(moved: Moved) -> None:
    if moved.given.get("outcome_before") == DUPLICATE:
        await take_back(moved.case, datetime.fromisoformat(str(moved.given["closed_at_before"])))


_EFFECTS: Mapping[str, Callable[[Moved], Awaitable[None]]] = {
    "sort": _sorted,
    "send": _sent,
    "send_back": _sent_back,
    "forward": _forwarded,
    "recall": _recalled,
    "refuse": _refused,
    "reopen": _reopened,
}
