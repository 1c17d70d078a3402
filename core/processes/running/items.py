"""What people do with a work item: take it, begin, interrupt, hand it on, give it back, finish it.

Each verb is one transaction: the item's row is locked, the caller's version compared, the event log and the facts
written (``figures.recording``), the audit log and whoever watches told. What one may not see does not exist. Who stands
in for somebody does it in their own name; the log says in whose place.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from leancity.core.audit.log import record
from leancity.core.cases.checks import LONG, one_text
from leancity.core.errors import refuse
from leancity.core.live.announce import announce
from leancity.core.processes.running.apart import apart_refusal
from leancity.core.processes.running.assigning import is_queued
from leancity.core.processes.running.ballots import is_ballot, require_no_ballot, require_no_files
from leancity.core.processes.running.filling import fill, keepable_answers
from leancity.core.processes.running.fitting import fit_for
from leancity.core.processes.running.holding import (
    Held,
    begin,
    change,
    end,
    give_back,
    hand,
    held,
    interrupt,
    ready,
    require_mine,
    require_queue,
    require_state,
    take,
    tell,
    worked,
)
from leancity.core.processes.running.references import require_references
from leancity.core.processes.running.sendback import BACK, REASON, may_send_back
from leancity.core.processes.running.shown import form_for, keep_files
from leancity.core.processes.running.tables import ProcessInstance, WorkItem
from leancity.core.processes.running.waiting import is_tried_move, require_no_move
from leancity.core.processes.running.worklist import ACTIVE, TOPIC


async def claim(item_id: uuid.UUID, *, expected_version: int | None = None) -> WorkItem:
    """Take an item that nobody has."""
    async with held(item_id, expected_version) as it:
        require_state(it, "open")
        await take(it)
    return it.row


async def release(item_id: uuid.UUID, *, expected_version: int | None = None) -> WorkItem:
    """Give an item back to those whom it was offered to. One that was meant for a person alone is refused."""
    async with held(item_id, expected_version) as it:
        require_mine(it)
        require_queue(it)
        await interrupt(it)
        await give_back(it)
    return it.row


async def start(item_id: uuid.UUID, *, expected_version: int | None = None) -> WorkItem:
    """Begin to work on an item, taking it first where nobody has it."""
    async with held(item_id, expected_version) as it:
        require_state(it, "open", "claimed")
        await begin(it)
    return it.row


async def suspend(item_id: uuid.UUID, reason: str, *, expected_version: int | None = None) -> WorkItem:
    """Interrupt the work on an item; its clock of worked time stands still."""
    reason = one_text("reason", reason, limit=LONG, required=True)
    async with held(item_id, expected_version) as it:
        require_mine(it)
        require_state(it, "started")
        await change(it, state="suspended", worked_s=worked(it), resumed_at=None)
        await tell(it, "suspend", "suspended", words={"reason": reason})
    return it.row


async def resume(item_id: uuid.UUID, *, expected_version: int | None = None) -> WorkItem:
    """Go on with an item that was interrupted."""
    async with held(item_id, expected_version) as it:
        require_mine(it)
        require_state(it, "suspended")
        await change(it, state="started", resumed_at=it.moment.at)
        await tell(it, "resume", "resumed")
    return it.row


async def assign(item_id: uuid.UUID, user_id: uuid.UUID | None, *, expected_version: int | None = None) -> WorkItem:
    """Give an item to somebody who may do it, or back to its queue (None); asks for core.task.assign."""
    async with held(item_id, expected_version, leads=True) as it:
        require_state(it, *ACTIVE)
        if user_id is None:
            require_queue(it)
        else:
            await _require_fit(it, user_id)
        await interrupt(it)
        if user_id is None:
            await give_back(it)
        else:
            await hand(it, user_id, "assigned")
    return it.row


async def _require_fit(it: Held, user_id: uuid.UUID) -> None:
    """Refuse to hand an item to somebody who may not do it."""
    if user_id in it.row.barred:
        raise await apart_refusal(it.instance, it.row, user_id, "user_id")
    if not is_queued(it.row):
        await require_no_ballot(it.instance, it.row)
    if user_id not in await fit_for(it.row.id, [user_id]):
        raise refuse("work_item_unfit", "user_id")


async def delegate(
    item_id: uuid.UUID, user_id: uuid.UUID, note: str = "", *, expected_version: int | None = None
) -> WorkItem:
    """Hand one's item on to a colleague who may do it."""
    note = one_text("note", note, limit=LONG)
    async with held(item_id, expected_version) as it:
        require_mine(it)
        require_state(it, *ACTIVE)
        if user_id == it.row.assignee_id:
            raise refuse("work_item_unfit", "user_id")
        await _require_fit(it, user_id)
        await interrupt(it)
        await hand(it, user_id, "delegated", words={"note": note})
    return it.row


async def save_draft(item_id: uuid.UUID, answers: object, *, expected_version: int | None = None) -> WorkItem:
    """Keep what was typed so far, right or wrong, for whoever does the item."""
    kept = keepable_answers(answers)
    async with held(item_id, expected_version) as it:
        require_mine(it)
        require_state(it, *ACTIVE)
        await require_no_ballot(it.instance, it.row)
        await change(it, draft=json.dumps(kept, ensure_ascii=False))
        await record("core.work_item.drafted", "work_item", item_id)
        await announce(TOPIC, item_id, it.row.version)
    return it.row


async def complete(item_id: uuid.UUID, answers: object, *, expected_version: int | None = None) -> ProcessInstance:
    """Finish an item with what its form asks for, and let its process go on.

    One that nobody has is taken, one that is not begun is begun. Raises ``Refused`` with all that is wrong with the
    answers, as ``facts.<path>``.
    """
    async with held(item_id, expected_version) as it:
        await require_no_move(it.seen)
        await ready(it)
        form = await form_for(it.seen)
        facts = json.loads(it.instance.facts)
        is_secret = await is_ballot(it.instance, it.row)
        if form is None:
            given = keepable_answers(answers)
            if given and not await is_tried_move(it.seen):
                raise refuse("form_unknown", f"facts.{next(iter(given))[:50]}")
            filled: dict[str, Any] = given
        else:
            filled = fill(form, facts, answers)
            await require_references(form, filled)
            if is_secret:
                require_no_files(form, filled)
            filled = await keep_files(form, filled, facts, it.instance)
        if facts.get(BACK) and not is_secret:
            filled = {BACK: False, REASON: None} | filled  # an earlier refusal is answered now
        return await end(it, filled, "completed")


async def send_back(item_id: uuid.UUID, reason: str, *, expected_version: int | None = None) -> ProcessInstance:
    """Finish an item by sending its case back, where the drawing has a way back: see ``sendback``."""
    reason = one_text("reason", reason, limit=LONG, required=True)
    async with held(item_id, expected_version) as it:
        if not await may_send_back(it.seen) or await is_ballot(it.instance, it.row):
            raise refuse("work_item_no_way_back", "item_id")
        await require_no_move(it.seen)
        await ready(it)
        return await end(it, {BACK: True, REASON: reason}, "sent_back")
