"""What is still to be told when a letter's moment has come: rights and wishes are asked again."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import asyncpg

from leancity.core.cases.reach import READ, reached
from leancity.core.cases.registry import open_kinds
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import Principal, acting_as
from leancity.core.identity.rights import principals_for
from leancity.core.identity.tables import UserAccount
from leancity.core.notifications import codes
from leancity.core.notifications.defaults import EMAIL, FOLLOWER
from leancity.core.notifications.events import TASK_PASSED_ON, TASKS
from leancity.core.notifications.letters import Item
from leancity.core.notifications.preferences import OFF, Wishes, wishes_of
from leancity.core.notifications.rules import Rule, followers_keys, rules
from leancity.core.notifications.subjects import may_read
from leancity.core.notifications.words import Happening
from leancity.core.processes.running.workers import workers_of

_ROWS = """
select d.id, d.user_id, d.case_id, d.subject, d.subject_id, d.event, d.key, d.is_own, d.due_at, c.author_id,
       coalesce(c.number, '') as number, coalesce(c.kind, '') as case_kind, e.status, coalesce(e.data, '{}') as data,
       n.read_at, f.user_id is not null as is_following
from notification_delivery d
left join case_record c on c.tenant_id = d.tenant_id and c.id = d.case_id
left join case_event e on e.tenant_id = d.tenant_id and e.id = d.event_id
left join notification n on n.tenant_id = d.tenant_id and n.user_id = d.user_id and n.event_id = d.event_id
left join case_follower f on f.tenant_id = d.tenant_id and f.user_id = d.user_id and f.case_id = d.case_id
where d.tenant_id = $1 and d.id = any($2::uuid[]) order by d.at, d.id
"""


@dataclass(frozen=True, kw_only=True)
class Still:
    """To whom (``address`` "": to nobody), in which language, what, and why not the rest, by the delivery's id."""

    address: str = field(repr=False)
    locale: str
    items: Sequence[Item]
    reasons: Mapping[uuid.UUID, str]


async def still_to_tell(user_id: uuid.UUID, delivery_ids: Sequence[uuid.UUID]) -> Still:
    """Return what of a person's deliveries by mail is to be sent now."""
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_ROWS, unit.tenant_id, [*delivery_ids])
        account = await UserAccount.objects().where(UserAccount.id == user_id).first()
        person = (await principals_for([user_id])).get(user_id)
        if account is None or person is None or not account.email:
            is_erased = account is None or account.erased_at is not None
            reason = codes.ERASED if is_erased else codes.INACTIVE if person is None else codes.NO_ADDRESS
            return Still(address="", locale="", items=(), reasons=dict.fromkeys(delivery_ids, reason))
        known = {rule.key: rule for rule in await rules()}
        wishes, seen = await wishes_of([user_id]), await _seen(person, rows, followers_keys(known.values()))
        reasons = {row["id"]: why for row in rows if (why := _why_not(row, known, wishes, seen))}
    items = [_item(row, known[row["key"]]) for row in rows if row["id"] not in reasons]
    return Still(address=account.email, locale=person.locale, items=items, reasons=reasons)


async def _seen(person: Principal, rows: Sequence[asyncpg.Record], followers: Collection[str]) -> set[uuid.UUID]:
    """Return the deliveries of what the person may see now; ``followers``: the keys of who follows a case."""
    cases = set() if person.is_resident else {row["case_id"] for row in rows if not row["is_own"]}
    ids = cases - {None}
    with acting_as(person):
        staff = await reached(READ, ids) if ids else set()
    tasks = {row["id"] for row in rows if await _waits_for(person, row)}

    def is_seen(row: asyncpg.Record) -> bool:
        if row["subject"]:
            return may_read(person, row["subject"])
        if row["is_own"]:
            return bool(row["author_id"] == person.user_id)
        if row["event"] in TASKS:
            return row["id"] in tasks
        return row["case_id"] in staff or (row["is_following"] and row["key"] in followers)

    return {row["id"] for row in rows if is_seen(row)}


async def _waits_for(person: Principal, row: asyncpg.Record) -> bool:
    """Tell whether a delivery is about a task that waits for the person still, or was taken from them."""
    if row["event"] not in TASKS:
        return False
    if row["event"] == TASK_PASSED_ON:  # it was theirs: they hear that it is no longer, and nothing more of the case
        return bool(json.loads(row["data"])["user_id"] == str(person.user_id))
    return person.user_id in await workers_of(uuid.UUID(str(json.loads(row["data"])["item_id"])))


def _why_not(row: asyncpg.Record, known: Mapping[str, Rule], wishes: Wishes, seen: set[uuid.UUID]) -> str | None:
    rule = known.get(row["key"])
    if not row["subject"] and row["case_kind"] not in open_kinds():
        return codes.CLOSED
    if rule is None or not rule.is_on:
        return codes.RULE_OFF
    if row["id"] not in seen:
        return codes.TASK_GONE if row["event"] in TASKS else codes.NO_RIGHT
    if wishes.mode(row["user_id"], rule, EMAIL) == OFF:
        return codes.UNSUBSCRIBED
    return codes.READ_MEANWHILE if row["due_at"] is not None and row["read_at"] is not None else None


def _item(row: asyncpg.Record, rule: Rule) -> Item:
    what = Happening.of(row, json.loads(row["data"]), is_followed=rule.audience == FOLLOWER)
    return Item(delivery_id=row["id"], case_id=row["case_id"], what=what, is_mandatory=rule.is_mandatory)
