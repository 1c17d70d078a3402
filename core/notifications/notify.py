"""The jobs that tell people of an event: rules → people → a line in their list, and a letter on its way."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

from leancity.core.cases.registry import open_kinds
from leancity.core.cases.tables import CaseEvent, CaseRecord
from leancity.core.config import load
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import Principal
from leancity.core.identity.rights import principals_for
from leancity.core.identity.tables import UserAccount
from leancity.core.jobs.outbox import enqueue
from leancity.core.live.announce import announce
from leancity.core.moment import now
from leancity.core.notifications import codes
from leancity.core.notifications.defaults import AUTHOR, CHANNELS, EMAIL, FOLLOWER, INAPP, WORKER
from leancity.core.notifications.events import event_of
from leancity.core.notifications.people import may_see, meant_by
from leancity.core.notifications.preferences import DIGEST, OFF, Wishes, wishes_of
from leancity.core.notifications.rules import Rule, rules
from leancity.core.notifications.subjects import KINDS, may_read
from leancity.core.notifications.tables import Notification, NotificationDelivery

TOPIC = "core.notification"
"""Under which a person's clients hear, by the person's id, that their list has grown or was read."""
SEND, SEND_DIGEST = "core.send_notification", "core.send_digest"
AT_A_TIME = 500
"""People of whom wishes are read and rows written by one statement: a case may have thousands of followers."""


@dataclass(frozen=True, kw_only=True)
class _Matched:
    """A rule that means a person; see ``people.Meant``."""

    rule: Rule
    by_name: bool

    @property
    def is_own(self) -> bool:
        return self.rule.audience == AUTHOR

    @property
    def is_followed(self) -> bool:
        return self.rule.audience == FOLLOWER


_Sees: TypeAlias = Callable[[Principal, _Matched], Awaitable[bool]]


@dataclass(kw_only=True)
class _Told:
    """Rows to be written."""

    event_id: uuid.UUID
    event: str
    at: datetime
    case_id: uuid.UUID | None = None
    subject: str = ""
    subject_id: uuid.UUID | None = None
    notifications: list[Notification] = field(default_factory=list)
    deliveries: list[NotificationDelivery] = field(default_factory=list)

    def list_for(self, user_id: uuid.UUID, matched: _Matched) -> None:
        self.notifications.append(Notification(**self._common(user_id, matched)))

    def deliver(
        self, user_id: uuid.UUID, matched: _Matched, channel: str, state: str, reason: str = "", **more: Any
    ) -> None:
        done_at = None if state == codes.WAITING else self.at
        made = {**self._common(user_id, matched), "channel": channel, "state": state, "reason": reason, **more}
        self.deliveries.append(NotificationDelivery(**made, done_at=done_at))

    def _common(self, user_id: uuid.UUID, matched: _Matched) -> dict[str, Any]:
        about = {"case_id": self.case_id, "subject": self.subject, "subject_id": self.subject_id}
        common = {**about, "event_id": self.event_id, "event": self.event, "at": self.at}
        return {**common, "user_id": user_id, "key": matched.rule.key, "is_own": matched.is_own}


async def notify(payload: dict[str, Any]) -> None:
    """Tell of the event ``payload["event_id"]`` of a case whom the rules mean. A second time nothing is added.

    A case whose module the city has left in the meantime tells nobody.
    """
    async with tenant_tx(write=True):
        case = await CaseRecord.objects().where(CaseRecord.id == uuid.UUID(payload["case_id"])).first()
        line = await CaseEvent.objects().where(CaseEvent.id == uuid.UUID(payload["event_id"])).first()
        kind = None if case is None else open_kinds().get(case.kind)
        if case is None or line is None or kind is None:
            return
        facts = json.loads(line.data)
        event = event_of(line.kind, facts, kind)
        if event is None:
            return
        asked = {"case_kind": case.kind, "status": line.status, "visibility": str(facts.get("visibility", ""))}
        matched: dict[uuid.UUID, list[_Matched]] = {}
        for rule in await rules():
            if rule.fits(event=event, **asked):
                for each in await meant_by(rule, case, event, facts):
                    matched.setdefault(each.user_id, []).append(_Matched(rule=rule, by_name=each.by_name))
        matched.pop(line.actor_id, None)  # whoever did it knows
        people, at = [*matched.items()], now()
        for begin in range(0, len(people), AT_A_TIME):
            told = _Told(case_id=case.id, event_id=line.id, event=event, at=at)
            await _decide(told, partial(_sees, case), dict(people[begin : begin + AT_A_TIME]))
            await _write(told)


async def notify_of(payload: dict[str, Any]) -> None:
    """Tell ``user_ids`` of what is no case, ``subject`` and ``subject_id``. A second time nothing is added."""
    kind, subject_id = str(payload["subject"]), uuid.UUID(payload["subject_id"])
    told = _Told(
        event_id=uuid.UUID(payload["event_id"]), event=KINDS[kind].event, at=now(), subject=kind, subject_id=subject_id
    )

    async def sees(person: Principal, _: _Matched) -> bool:
        return may_read(person, kind)

    async with tenant_tx(write=True):
        fitting = [rule for rule in await rules() if rule.is_on and rule.event == told.event]
        matched = [_Matched(rule=rule, by_name=True) for rule in fitting]
        ids = [uuid.UUID(each) for each in payload["user_ids"]]
        here = await UserAccount.select(UserAccount.id).where(UserAccount.id.is_in(ids))
        await _decide(told, sees, {row["id"]: matched for row in here if matched})
        await _write(told)


async def _decide(told: _Told, sees: _Sees, matched: Mapping[uuid.UUID, list[_Matched]]) -> None:
    people = await principals_for(matched)
    wishes = await wishes_of(matched)
    addresses = {
        row["id"]: row["email"]
        for row in await UserAccount.select(UserAccount.id, UserAccount.email).where(UserAccount.id.is_in([*matched]))
    }
    for user_id, meant in matched.items():
        person = people.get(user_id)
        seen = [] if person is None else [each for each in meant if await sees(person, each)]
        if seen:
            _tell(told, user_id, _nearest(seen), wishes, addresses[user_id])
        else:
            _explain(told, user_id, meant, codes.NO_RIGHT if person is not None else codes.INACTIVE)


def _nearest(seen: list[_Matched]) -> list[_Matched]:
    """Leave out that somebody follows a case where they are told of it as who filed it, or as one of the staff."""
    return [each for each in seen if not each.is_followed] or seen


async def _sees(case: CaseRecord, person: Principal, matched: _Matched) -> bool:
    if matched.is_followed or matched.rule.audience == WORKER:
        return True  # their rows were read in this transaction
    if not matched.is_own and person.is_resident:
        return False
    return await may_see(person, case, is_own=matched.is_own)


def _explain(told: _Told, user_id: uuid.UUID, meant: Iterable[_Matched], reason: str) -> None:
    """Note why somebody who was meant by name is not told; of a group it is no news that not all may see a case."""
    for channel in CHANNELS:
        named = next((each for each in meant if each.by_name and channel in each.rule.channels), None)
        if named is not None:
            told.deliver(user_id, named, channel, codes.SKIPPED, reason)


def _tell(told: _Told, user_id: uuid.UUID, seen: list[_Matched], wishes: Wishes, address: str) -> None:
    """Tell a person once by each channel: by the first rule of it that they have not switched off."""
    for channel in CHANNELS:
        of_channel = [each for each in seen if channel in each.rule.channels]
        wanted = [each for each in of_channel if wishes.mode(user_id, each.rule, channel) != OFF]
        if not wanted:
            if of_channel:
                told.deliver(user_id, of_channel[0], channel, codes.SKIPPED, codes.UNSUBSCRIBED)
        elif channel == INAPP:
            told.list_for(user_id, wanted[0])
            told.deliver(user_id, wanted[0], INAPP, codes.SENT)
        elif not address or not load().smtp_url:
            told.deliver(user_id, wanted[0], EMAIL, codes.SKIPPED, codes.NO_ADDRESS if not address else codes.NO_MAIL)
        else:
            _write_to(told, user_id, wanted, wishes)


def _write_to(told: _Told, user_id: uuid.UUID, wanted: list[_Matched], wishes: Wishes) -> None:
    """Put a letter on its way: at once where one of the rules asks for that, outside the person's quiet hours."""
    at_once = [each for each in wanted if wishes.mode(user_id, each.rule, EMAIL) != DIGEST]
    schedule = wishes.schedule(user_id)
    if not at_once:
        due = schedule.next_digest(told.at)
        told.deliver(user_id, wanted[0], EMAIL, codes.WAITING, codes.IN_DIGEST, due_at=due, in_digest=True)
        return
    until = None if at_once[0].rule.is_mandatory else schedule.quiet_until(told.at)
    told.deliver(user_id, at_once[0], EMAIL, codes.WAITING, codes.QUIET if until else "", due_at=until)


async def _write(told: _Told) -> None:
    """Write the rows that are not there yet, and ask for what they need."""
    listed = set()
    if told.notifications:
        target = (Notification.tenant_id, Notification.user_id, Notification.event_id)
        added = Notification.insert(*told.notifications).on_conflict(target, "DO NOTHING")
        listed = {row["user_id"] for row in await added.returning(Notification.user_id)}
    for user_id in listed:
        await announce(TOPIC, user_id)
    if not told.deliveries:
        return
    key = NotificationDelivery
    once = (key.tenant_id, key.user_id, key.event_id, key.channel)
    new = key.insert(*told.deliveries).on_conflict(once, "DO NOTHING").returning(key.id)
    written = {row["id"] for row in await new}
    for delivery in told.deliveries:
        if delivery.id in written and delivery.state == codes.WAITING:
            await _ask(delivery)


async def _ask(delivery: NotificationDelivery) -> None:
    if delivery.in_digest:
        slot = delivery.due_at
        payload = {"user_id": delivery.user_id, "slot": slot.isoformat()}
        await enqueue(SEND_DIGEST, payload, slot, key=f"digest:{delivery.user_id}:{slot.isoformat()}")
    else:
        await enqueue(SEND, {"delivery_id": delivery.id}, delivery.due_at)
