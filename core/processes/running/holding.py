"""A work item in somebody's hands: locked, changed, and told of to the logs."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from leancity.core.audit.log import note_refused, record
from leancity.core.cases.journal import add_event
from leancity.core.cases.tables import CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused, refuse
from leancity.core.identity.principal import current_principal
from leancity.core.live.announce import announce
from leancity.core.moment import now
from leancity.core.processes.figures.recording import Moment, Transition, moment_of, step_changed
from leancity.core.processes.running.apart import apart_refusal
from leancity.core.processes.running.assigning import is_queued
from leancity.core.processes.running.ballots import require_no_ballot
from leancity.core.processes.running.fitting import ASSIGN, WORK, Hats, fit_for, my_hats, stood_in_for
from leancity.core.processes.running.locking import AT_WORK, Locked, lock_work
from leancity.core.processes.running.sendback import REASON
from leancity.core.processes.running.step import finish_item, loaded_for
from leancity.core.processes.running.tables import ProcessInstance, WorkItem
from leancity.core.processes.running.worklist import ACTIVE, TOPIC, Work, read_unit_work, read_work

STATE_TITLES = {
    "open": {"en": "waiting", "ru": "ждёт исполнителя"},
    "claimed": {"en": "taken", "ru": "взята"},
    "started": {"en": "in work", "ru": "в работе"},
    "suspended": {"en": "interrupted", "ru": "приостановлена"},
    "done": {"en": "done", "ru": "выполнена"},
    "withdrawn": {"en": "withdrawn", "ru": "снята"},
}


@dataclass(frozen=True, kw_only=True)
class Held:
    """An item that is locked; ``in_place_of``: whom whoever asks stands in for with it."""

    row: WorkItem
    seen: Work
    locked: Locked
    moment: Moment
    in_place_of: uuid.UUID | None = None

    @property
    def instance(self) -> ProcessInstance:
        return self.locked.instance


@asynccontextmanager
async def held(item_id: uuid.UUID, expected_version: int | None, *, leads: bool = False) -> AsyncIterator[Held]:
    """Lock an item that whoever asks may do (``leads``: may assign) until the transaction ends."""
    permission = ASSIGN if leads else WORK
    hats = None if leads else await my_hats()
    moment = await moment_of(now())  # calendar and program may have to be built: not while rows are locked
    seen = await _look(item_id, hats)
    if seen is None:
        note_refused(permission, "work_item", item_id)
        raise await _why_unseen(item_id)
    await loaded_for(seen.instance_id)
    async with tenant_tx(write=True):
        row, locked = await lock_work(item_id, expected_version=expected_version)
        # Between the look and the lock somebody else may have taken it: what counts is how it is now.
        seen = await _look(item_id, hats)
        if seen is None:
            raise refuse("process_item_changed", "expected_version")
        if locked.instance.status not in AT_WORK:
            raise refuse("process_closed", "item_id")
        place = None if leads else await _in_place_of(seen)
        if place is not None:
            await require_no_ballot(locked.instance, row)
        yield Held(row=row, seen=seen, locked=locked, moment=moment, in_place_of=place)


async def _look(item_id: uuid.UUID, hats: Hats | None) -> Work | None:
    """Return an item to who wears these hats, or (None) who assigns; None where it is not theirs."""
    found = await (read_unit_work([item_id]) if hats is None else read_work([item_id], hats))
    return found.get(item_id)


async def _why_unseen(item_id: uuid.UUID) -> Refused:
    """Return the refusal of an item that whoever asks doesn't see: to most it does not exist."""
    async with tenant_tx():
        row = await WorkItem.objects().where(WorkItem.id == item_id).first()
        if row is None or current_principal().user_id not in row.barred or row.state not in ACTIVE:
            return refuse("not_found", "item_id")
        instance = await ProcessInstance.objects().get(ProcessInstance.id == row.instance_id)
        if instance is None:
            return refuse("not_found", "item_id")
        return await apart_refusal(instance, row, current_principal().account(), "item_id")


def require_state(it: Held, *states: str) -> None:
    """Refuse an item that is in none of the states."""
    if it.row.state not in states:
        raise refuse("work_item_state", "item_id", state=STATE_TITLES[it.row.state])


def require_mine(it: Held) -> None:
    """Refuse an item that nobody has taken yet; another's is not seen in the first place."""
    if it.row.assignee_id is None:
        raise refuse("work_item_unclaimed", "item_id")


def require_queue(it: Held) -> None:
    """Refuse to give back what was never offered to more than one person: nobody would see it."""
    if not is_queued(it.row):
        raise refuse("work_item_personal", "item_id")


async def take(it: Held) -> None:
    """Let whoever asks have the item."""
    await hand(it, current_principal().account(), "claimed")


async def hand(it: Held, user_id: uuid.UUID, verb: str, words: Mapping[str, str] | None = None) -> None:
    """Give the item to somebody."""
    before = it.row.assignee_id
    await change(it, state="claimed", assignee_id=user_id, claimed_at=it.moment.at)
    await tell(
        it,
        "assign" if before is None else "reassign",
        verb,
        user_id=user_id,
        words=words,
        given_to=user_id,
        before=before,
    )


async def give_back(it: Held) -> None:
    """Let the item be taken by whomever it was offered to."""
    before = it.row.assignee_id
    await change(it, state="open", assignee_id=None, claimed_at=None)
    await tell(it, "reassign", "released", before=before)


async def begin(it: Held) -> None:
    """Let the work on the item begin, or go on in other hands."""
    if it.row.assignee_id != current_principal().account():
        await take(it)
    is_first = it.row.started_at is None
    await change(
        it, state="started", started_at=it.moment.at if is_first else it.row.started_at, resumed_at=it.moment.at
    )
    await tell(it, "start" if is_first else "resume", "started", user_id=it.row.assignee_id)


async def interrupt(it: Held) -> None:
    """Let nobody's time run any more on an item that changes hands."""
    if it.row.state == "started":
        await change(it, state="suspended", worked_s=worked(it), resumed_at=None)
        await tell(it, "suspend", "interrupted")


async def ready(it: Held) -> None:
    """Let an item be finished by whoever asks: one that nobody has begun is begun, one that is interrupted is not."""
    require_state(it, "open", "claimed", "started")
    if it.row.state != "started" or it.row.assignee_id != current_principal().account():
        await interrupt(it)
        await begin(it)


async def end(it: Held, facts: Mapping[str, Any], verb: str) -> ProcessInstance:
    """Finish the item and let its process go on."""
    await change(it, worked_s=worked(it), resumed_at=None, draft="{}")
    await _audit(it, verb)
    if facts.get(REASON):
        await _on_timeline(it, verb, {"reason": str(facts[REASON])})
    await announce(TOPIC, it.row.id, it.row.version)
    return await finish_item(it.row, it.locked, dict(facts))


def worked(it: Held) -> float:
    """Return the working seconds spent on the item until now."""
    since = it.row.resumed_at
    running = 0 if since is None else max(0, it.moment.work_s - it.moment.clock.reading(since))
    return float(it.row.worked_s) + running


async def change(it: Held, **values: Any) -> None:
    """Write values to the item and its row, and count the change."""
    values["version"] = it.row.version + 1
    for name, value in values.items():
        setattr(it.row, name, value)
    await it.row.save([*values])


async def tell(
    it: Held,
    transition: Transition,
    verb: str,
    *,
    user_id: uuid.UUID | None = None,
    words: Mapping[str, str] | None = None,
    **facts: Any,
) -> None:
    """Write what was done to the event log, the facts, the audit log, with ``words`` to the case, and tell watchers."""
    data = {"in_place_of": it.in_place_of} if it.in_place_of else {}
    await step_changed(
        it.instance,
        it.row.id,
        it.row.node_id,
        transition,
        it.moment,
        user_id=user_id,
        unit_id=it.row.unit_id,
        data=data,
    )
    await _audit(it, verb, **facts)
    if words is not None or "given_to" in facts:
        await _on_timeline(it, verb, words or {})
    await announce(TOPIC, it.row.id, it.row.version)


async def _audit(it: Held, verb: str, **facts: Any) -> None:
    place = {"in_place_of": it.in_place_of} if it.in_place_of else {}
    await record(f"core.work_item.{verb}", "work_item", it.row.id, instance_id=it.instance.id, **facts, **place)


async def _on_timeline(it: Held, verb: str, words: Mapping[str, str]) -> None:
    """Tell what was done on the timeline of the item's case; on the test stand there is none."""
    if it.instance.case_id is None:
        return
    case = await CaseRecord.objects().where(CaseRecord.id == it.instance.case_id).first()
    if case is not None:
        await add_event(case, f"work_{verb}", words=words, item_id=it.row.id, user_id=it.row.assignee_id)


async def _in_place_of(seen: Work) -> uuid.UUID | None:
    me = current_principal().account()
    if seen.assignee_id is not None:
        return None if seen.assignee_id == me else seen.assignee_id
    if me in await fit_for(seen.id, [me]):
        return None
    return next(iter(sorted(await fit_for(seen.id, await stood_in_for(me)))), None)
