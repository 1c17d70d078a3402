"""Erasing a person on request: asked for once, done part by part, and proved by a certificate.

Each part (the kernel's, and every installed module's that keeps personal data) is a job of its own that commits what it
removed together with its line of the certificate: a kill costs nothing, and a part that fails holds up no other. Jobs
carry the request's id; who the person is stands sealed in the request and goes when the last part is done.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Any

from leancity.core.audit.log import record
from leancity.core.cases.checks import SHORT, Checks
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.erased_parts import KERNEL_PARTS
from leancity.core.identity.holders import refuse_last_holder
from leancity.core.identity.masking import is_masked
from leancity.core.identity.principal import current_principal
from leancity.core.identity.tables import Erasure, ErasurePart, UserAccount
from leancity.core.identity.vault import seal, unseal
from leancity.core.jobs.outbox import enqueue
from leancity.core.moment import now
from leancity.core.plugins.contributions import Erased, ErasedPerson
from leancity.core.plugins.manager import installed_modules

ERASE = "core.person.erase"
JOB = "core.erase_person"
SHORTEST_PHONE = 5  # digits: fewer would fit strangers

_PAGE = """
select id from erasure
where tenant_id = $1 and ($2::timestamptz is null or (asked_at, id) < ($2, $3::uuid))
order by asked_at desc, id desc limit $4
"""


async def ask_erasure(*, person_id: uuid.UUID | None = None, email: str = "", phone: str = "", reason: str) -> Erasure:
    """Ask that a person be erased, known by their account, an e-mail address, a phone, or several of them.

    ``reason`` names the request (a number, a date), not the person. Raises ``Refused`` for what names nobody, for an
    account that is not there and for the last one who can hand out roles. A second request for the same person works.
    """
    who = current_principal()
    who.require(ERASE)
    checks = Checks()
    reason = checks.text("reason", reason, limit=SHORT, required=True)
    email = checks.text("email", email, limit=SHORT).lower()
    if email and ("@" not in email or is_masked(email)):
        checks.wrong("erasure_email_invalid", "email")
    digits = _digits(phone)
    if phone.strip() and (len(digits) < SHORTEST_PHONE or is_masked(phone)):
        checks.wrong("erasure_phone_invalid", "phone", limit=SHORTEST_PHONE)
    if person_id is None and not email and not digits:
        checks.wrong("erasure_person_missing", "person_id")
    checks.done()
    async with tenant_tx(write=True):
        persons = await _persons(ErasedPerson(person_id=person_id, email=email, phone=digits))
        row = Erasure(person_id=person_id, reason=reason, asked_by=who.user_id, asked_at=now())
        _keep(row, persons, parts := _parts())
        await row.save()
        await record("core.person.erasure_asked", "user_account" if person_id else "", person_id, erasure_id=row.id)
        for part in parts:
            await enqueue(JOB, {"erasure_id": row.id, "part": part})
    return row


async def _persons(named: ErasedPerson) -> list[ErasedPerson]:
    """Return the person as named and, where that differs, as the account knows them."""
    if named.person_id is None:
        return [named]
    account = await UserAccount.objects().where(UserAccount.id == named.person_id).first()
    if account is None:
        raise refuse("not_found", "person_id")
    await refuse_last_holder(account.id, "person_id")
    email, phone = account.email.strip().lower(), _digits(account.phone)
    known = ErasedPerson(person_id=account.id, email=email, phone=phone)
    merged = ErasedPerson(person_id=account.id, email=named.email or email, phone=named.phone or phone)
    return [merged] if known == merged or not (email or phone) else [merged, known]


def _digits(phone: str) -> str:
    return re.sub("[^0-9]", "", phone)


def _parts() -> list[str]:
    return [*KERNEL_PARTS, *installed_modules().obliged("person_erased")]


async def erase_part(payload: dict[str, Any]) -> None:
    """Do one part of a request: the job ``core.erase_person``. What is done already is left alone."""
    erasure_id, part = uuid.UUID(payload["erasure_id"]), payload["part"]
    async with tenant_tx(write=True):
        # Locked before anything refers to it: a part's line holds the row's key, and of two parts that both held it
        # neither could finish. The last one sees the others' lines.
        row = await Erasure.objects().where(Erasure.id == erasure_id).lock_rows("UPDATE").first()
        if row is None or part in await _done(erasure_id):
            return
        persons, _ = _kept(row)
        done = [await _erase(part, person) for person in persons]
        line = ErasurePart(
            erasure_id=erasure_id,
            part=part,
            erased=sum(each.erased for each in done),
            # By its two sets of contacts a person is known to the kernel as one account, to a module by different rows.
            kept=(max if part in KERNEL_PARTS else sum)(each.kept for each in done),
            note=next((each.note for each in done if each.note), ""),
            done_at=now(),
        )
        await line.save()
        facts = {"part": part, "erased": line.erased, "kept": line.kept}
        await record("core.person.erased", "erasure", erasure_id, **facts)
        await _finish(row)


async def _erase(part: str, person: ErasedPerson) -> Erased:
    if part in KERNEL_PARTS:
        return await KERNEL_PARTS[part](person)
    # Past the gate, on purpose: a city that has left a module keeps the module's data, so they must be erased too.
    erased = await installed_modules().oblige("person_erased", part, person=person)
    if not isinstance(erased, Erased):
        raise TypeError(f"{part}: person_erased returned {erased!r}, not Erased")
    return erased


async def _finish(row: Erasure) -> None:
    """Close the certificate after the last part; ask for parts of modules that were installed meanwhile."""
    done = await _done(row.id)
    persons, asked = _kept(row)
    wanted = _parts()
    for part in wanted:
        if part not in asked:
            await enqueue(JOB, {"erasure_id": row.id, "part": part})
    if done >= {*wanted, *asked}:
        row.person, row.finished_at = "", now()
    else:
        _keep(row, persons, [*asked, *(part for part in wanted if part not in asked)])
    await row.save()


async def _done(erasure_id: uuid.UUID) -> set[str]:
    rows = await ErasurePart.select(ErasurePart.part).where(ErasurePart.erasure_id == erasure_id)
    return {row["part"] for row in rows}


def _keep(row: Erasure, persons: list[ErasedPerson], asked: list[str]) -> None:
    facts = {"persons": [asdict(person) for person in persons], "asked": asked}
    row.person = seal(json.dumps(facts, default=str))


def _kept(row: Erasure) -> tuple[list[ErasedPerson], list[str]]:
    """Return whom a request is about, and the parts that were asked for."""
    facts = json.loads(unseal(row.person))
    persons = [
        ErasedPerson(**{**each, "person_id": each["person_id"] and uuid.UUID(each["person_id"])})
        for each in facts["persons"]
    ]
    return persons, facts["asked"]


async def list_erasures(*, limit: int, after: tuple[datetime, uuid.UUID] | None) -> list[Erasure]:
    """Return requests, the newest first, that follow the keyset ``after``."""
    current_principal().require(ERASE)
    moment, id_ = after or (None, None)
    async with tenant_tx() as unit:
        ids = [row["id"] for row in await unit.connection.fetch(_PAGE, unit.tenant_id, moment, id_, limit)]
        rows = await Erasure.objects().where(Erasure.id.is_in(ids)) if ids else []
    return sorted(rows, key=lambda row: (row.asked_at, row.id), reverse=True)


async def count_erasures() -> int:
    """Return how many requests there are."""
    current_principal().require(ERASE)
    async with tenant_tx():
        return int(await Erasure.count())


async def parts_of(erasure_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[ErasurePart]]:
    """Return what was done for requests, in its order, by request. Asks for no permission: guard what leads there."""
    async with tenant_tx():
        rows = await ErasurePart.objects().where(ErasurePart.erasure_id.is_in([*erasure_ids])) if erasure_ids else []
    found: dict[uuid.UUID, list[ErasurePart]] = {}
    for row in sorted(rows, key=lambda row: (row.done_at, row.id)):
        found.setdefault(row.erasure_id, []).append(row)
    return found
