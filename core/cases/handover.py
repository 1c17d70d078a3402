"""Hand-over of a case from unit to unit: it counts when accepted, until then the giver holds the case."""

from __future__ import annotations

import uuid
from datetime import datetime

from leancity.core.audit.log import record
from leancity.core.cases.checks import LONG, one_text
from leancity.core.cases.journal import add_event
from leancity.core.cases.records import change_case, find_case, lock_case
from leancity.core.cases.tables import CaseHandover, CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.identity.tables import OrgUnit
from leancity.core.moment import now

ASSIGN = "core.case.assign"


async def hand_over(
    case_id: uuid.UUID,
    receiver_id: uuid.UUID,
    note: str = "",
    *,
    expected_version: int | None = None,
    permission: str | None = ASSIGN,
) -> CaseHandover:
    """Offer an open case to a unit. Only one offer may be open at a time. A ``permission`` of None is the caller's to
    have asked for."""
    note = one_text("note", note, limit=LONG)
    async with tenant_tx(write=True):
        case, _ = await lock_case(case_id, permission=permission, expected_version=expected_version)
        if not await OrgUnit.exists().where(OrgUnit.id == receiver_id):
            raise refuse("not_found", "receiver_id")
        if case.unit_id == receiver_id:
            raise refuse("case_handover_same_unit", "receiver_id")
        if await _open_offer(case) is not None:
            raise refuse("case_handover_open", "case_id")
        offer = CaseHandover(
            case_id=case.id, giver_id=case.unit_id, receiver_id=receiver_id, note=note, offered_at=now()
        )
        await offer.save()
        await _told(case, offer, offer.offered_at, {"note": note})
    return offer


async def accept(handover_id: uuid.UUID) -> CaseRecord:
    """Accept an offer to one's own unit: from now on it holds the case, and nobody there is assigned yet."""
    async with tenant_tx(write=True):
        case, offer = await _lock_offer(handover_id, for_receiver=True)
        await _accepted(case, offer)
    return case


async def return_(handover_id: uuid.UUID, reason: str) -> CaseRecord:
    """Turn down an offer to one's own unit, with a reason; the giver keeps the case."""
    reason = one_text("reason", reason, limit=LONG, required=True)
    async with tenant_tx(write=True):
        case, offer = await _lock_offer(handover_id, for_receiver=True)
        await _answer(case, offer, "returned", reason)
    return case


async def withdraw(handover_id: uuid.UUID, reason: str = "") -> CaseRecord:
    """Take back an offer that was not answered yet."""
    reason = one_text("reason", reason, limit=LONG)
    async with tenant_tx(write=True):
        case, offer = await _lock_offer(handover_id, for_receiver=False)
        await _answer(case, offer, "withdrawn", reason)
    return case


async def let_go(case: CaseRecord) -> None:
    """Let no unit hold a locked case any more, so that the one that did can be offered it anew, after a reopening."""
    if case.unit_id is not None:
        await record("core.case.let_go", "case", case.id, unit_id=case.unit_id)
        await change_case(case, unit_id=None, assignee_id=None)


async def open_offer(case_id: uuid.UUID) -> CaseHandover:
    """Return the offer of a case that waits for an answer; raise ``Refused`` where there is none."""
    async with tenant_tx():
        case, _ = await find_case(case_id, permission=None)
        offer = await _open_offer(case)
    if offer is None:
        raise refuse("case_not_offered", "case_id")
    return offer


async def withdraw_open(case: CaseRecord, at: datetime) -> None:
    """Take back the open offer of a locked case that is being closed, if there is one."""
    offer = await _open_offer(case)
    if offer is not None:
        await _answer(case, offer, "withdrawn", at=at)


async def require_receiver(case_id: uuid.UUID) -> None:
    """Refuse who may not answer the open offer of a case, and a case that has none."""
    await _lock_offer((await open_offer(case_id)).id, for_receiver=True)


async def accept_open(case: CaseRecord) -> None:
    """Accept the open offer of a locked case, if there is one; who asked for it had the right."""
    offer = await _open_offer(case)
    if offer is not None:
        await _accepted(case, offer)


async def return_open(case: CaseRecord, reason: str) -> None:
    """Return the open offer of a locked case, if there is one; who asked for it had the right."""
    offer = await _open_offer(case)
    if offer is not None:
        await _answer(case, offer, "returned", reason)


async def _lock_offer(handover_id: uuid.UUID, *, for_receiver: bool) -> tuple[CaseRecord, CaseHandover]:
    """Lock the case of an offer and return both; the case's lock is what keeps two answers apart."""
    query = CaseHandover.objects().where(CaseHandover.id == handover_id)
    offer = await query.first()
    if offer is None:
        raise refuse("not_found", "handover_id")
    permission = "core.case.accept" if for_receiver else ASSIGN
    case, _ = await lock_case(offer.case_id, permission=permission, closed=True)
    await offer.refresh()
    who = current_principal()
    if for_receiver and not who.is_system and who.unit_id != offer.receiver_id:
        raise refuse("case_handover_elsewhere", "handover_id")
    if offer.state != "offered":
        raise refuse("case_handover_answered", "handover_id", state=offer.state)
    return case, offer


async def _accepted(case: CaseRecord, offer: CaseHandover) -> None:
    """Let the receiver hold the case, and the open work of its process go there too."""
    from leancity.core.processes.running.following import follow_unit  # the engine knows cases, they hardly know it

    giver_id = case.unit_id
    await _answer(case, offer, "accepted")
    await change_case(case, unit_id=offer.receiver_id, assignee_id=None)
    if giver_id is not None:
        await follow_unit(case, giver_id, offer.receiver_id)


async def _answer(
    case: CaseRecord, offer: CaseHandover, state: str, reason: str = "", at: datetime | None = None
) -> None:
    offer.state, offer.reason, offer.answered_at = state, reason, at or now()
    await offer.save([CaseHandover.state, CaseHandover.reason, CaseHandover.answered_at])
    await _told(case, offer, offer.answered_at, {"reason": reason})


async def _told(case: CaseRecord, offer: CaseHandover, at: datetime, words: dict[str, str]) -> None:
    await add_event(
        case,
        f"handover_{offer.state}",
        at=at,
        words={name: text for name, text in words.items() if text},
        handover_id=offer.id,
        giver_id=offer.giver_id,
        receiver_id=offer.receiver_id,
    )


async def _open_offer(case: CaseRecord) -> CaseHandover | None:
    query = CaseHandover.objects().where((CaseHandover.case_id == case.id) & (CaseHandover.state == "offered"))
    return await query.first()
