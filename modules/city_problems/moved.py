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

from leancity.core.cases.handover import accept_open, hand_over, let_go, return_open
from leancity.core.cases.tables import CaseRecord
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.modules.city_problems import publishing
from leancity.modules.city_problems.duplicates.marking import FIELD as DUPLICATE_OF
from leancity.modules.city_problems.duplicates.marking import carry_over, relate_to_original, take_back
from leancity.modules.city_problems.following.answering import open_window
from leancity.modules.city_problems.forwarding.sending import forwarded, recalled
from leancity.modules.city_problems.kinds import DUPLICATE, KEY
from leancity.modules.city_problems.proofs import show_proofs
from leancity.modules.city_problems.routing.deciding import ask_to_send
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
    case: CaseRecord, kind: str, transition: str, note: str, given: Mapping[str, Any], *, is_later: bool
) -> None:
    """Do what follows from a transition of a report, whose case is locked; of another module's case nothing."""
    if kind != KEY or transition not in _EFFECTS:
        return
    report = await CityProblemsReport.objects().where(CityProblemsReport.case_id == case.id).first()
    if report is not None:
        await _EFFECTS[transition](Moved(case=case, report=report, note=note, given=given, is_later=is_later))


async def _sorted(moved: Moved) -> None:
    # Whoever sorts at once corrects the category first, shows the report then, and sends it where they want to.
    if moved.is_later:
        await publishing.settle(moved.case, moved.report, is_sorted=not current_principal().is_system)
        if moved.given.get("goes_on"):
            await ask_to_send(moved.case, moved.report.route)


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
    _id(moved, "forwarding", "endpoint")
    await publishing.settle(moved.case, moved.report, is_sorted=True)
    await forwarded(moved.case.id, moved.given)


async def _started(moved: Moved) -> None:
    await accept_open(moved.case)
    await publishing.settle(moved.case, moved.report, is_sorted=True)


async def _recalled(moved: Moved) -> None:
    await recalled(moved.case.id)


async def _refused(moved: Moved) -> None:
    if moved.case.outcome == DUPLICATE:  # a form in between may have made it something else
        named = _id(moved, "duplicate_of", DUPLICATE_OF)
        await carry_over(moved.case, await relate_to_original(moved.case, named))
    await open_window(moved.case, moved.report)


async def _closed(moved: Moved) -> None:
    await show_proofs(moved.case, [uuid.UUID(str(each)) for each in moved.given.get("proofs", ())])
    await open_window(moved.case, moved.report)


async def _be_forwarded(moved: Moved) -> None:
    await open_window(moved.case, moved.report)


async def _reopened(moved: Moved) -> None:
    if moved.given.get("outcome_before") == DUPLICATE:
        await take_back(moved.case, datetime.fromisoformat(str(moved.given["closed_at_before"])))


_EFFECTS: Mapping[str, Callable[[Moved], Awaitable[None]]] = {
    "sort": _sorted,
    "send": _sent,
    "send_back": _sent_back,
    "start": _started,
    "close": _closed,
    "forward": _forwarded,
    "be_forwarded": _be_forwarded,
    "recall": _recalled,
    "refuse": _refused,
    "reopen": _reopened,
}
