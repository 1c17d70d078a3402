"""Forwarding a report to another body, and taking it back.

The report's case waits in the state ``forwarding`` until the other side has given its number: only then is it closed as
forwarded. What they refuse, and what can't be delivered, comes back with the reason. Nothing is awaited outside while a
transaction is open: the job reads, speaks, writes down.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from leancity.core.cases.journal import add_event
from leancity.core.cases.moves import move
from leancity.core.cases.records import find_case, lock_case
from leancity.core.cases.tables import CaseComment, CaseRecord
from leancity.core.config import load
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.i18n.catalogue import text
from leancity.core.ids import new_id
from leancity.core.jobs.current import effect_key, is_repeat
from leancity.core.jobs.outbox import enqueue
from leancity.core.jobs.outcomes import Later, Rejected
from leancity.core.mail.server import place_of_city
from leancity.core.moment import now
from leancity.core.tenancy.context import current_tenant
from leancity.modules.city_problems.forwarding.client import NotTaken, Target, Trouble, number_of, submit
from leancity.modules.city_problems.forwarding.endpoints import find_endpoint, in_words, target_of
from leancity.modules.city_problems.forwarding.letter import letter_of
from leancity.modules.city_problems.forwarding.tables import CityProblemsEndpoint, CityProblemsForwarding
from leancity.modules.city_problems.kinds import FORWARDED
from leancity.modules.city_problems.permissions import TRIAGE
from leancity.modules.city_problems.tables import CityProblemsCategory, CityProblemsReport

JOB = "city_problems.forward"
ATTEMPTS = 14  # later each time: four and a half hours in all
PATIENCE = timedelta(days=14)  # for the number that a token promises, and with a server that is always busy
SENDING, WAITING, THERE, REFUSED, RECALLED = "sending", "waiting", "there", "refused", "recalled"
MAYBE_TWICE = "maybe_twice"
"""The failure of what is there, and may be there twice: an attempt that told nothing may have reached them."""

_NOT_SENT = ("dns", "not_allowed", "tls", "busy")  # failures before which nothing can have been taken
_QUICKEST, _SLOWEST = timedelta(seconds=30), timedelta(hours=1)  # between two questions for a number
_CURRENT = """
select id, state, failure, attempts from city_problems_forwarding where tenant_id = $1 and id = $2 for no key update
"""


@dataclass(frozen=True, kw_only=True)
class Errand:
    """A forwarding as it is now, and all that is to be said; ``form`` is empty for one that only waits."""

    row: CityProblemsForwarding
    title: str
    target: Target
    is_active: bool
    form: list[tuple[str, str]]


async def forward(case_id: uuid.UUID, endpoint: str, service_code: str = "", note: str = "") -> CaseRecord:
    """Forward a report to an endpoint: to the service given, else the one its category is there, else the usual one.

    A city may have drawn an approval before: nothing is sent, and no forwarding is there, until the report has moved.
    """
    async with tenant_tx(write=True):
        await find_case(case_id, permission=TRIAGE, field="id")
        report = await CityProblemsReport.objects().where(CityProblemsReport.case_id == case_id).first()
        if report is None:
            raise refuse("not_found", "id")
        row = await find_endpoint(endpoint, "endpoint")
        if not row.is_active:
            raise refuse("city_problems.endpoint_off", "endpoint", title=row.title)
        if report.lat is None and not report.address:
            raise refuse("city_problems.place_missing", "id")
        facts = {"endpoint": row.key, "forwarding": new_id()}
        given = {**facts, "service_code": await _service(row, report, service_code)}
        return await move(case_id, "forward", note=note, data=facts, given=given)


async def forwarded(case_id: uuid.UUID, given: Mapping[str, Any]) -> None:
    """Send a report that has just come to be forwarded on its way, as ``forward`` gave it. Joins the unit.

    ``Refused``: there is no such endpoint any more. One that was switched off meanwhile gives the report back.
    """
    endpoint = await find_endpoint(str(given["endpoint"]), "endpoint")
    row = CityProblemsForwarding(
        id=uuid.UUID(str(given["forwarding"])),
        case_id=case_id,
        endpoint_id=endpoint.id,
        service_code=str(given["service_code"]),
        asked_at=now(),
    )
    await row.save()
    await enqueue(JOB, {"forwarding_id": row.id}, order_key=f"{JOB} {case_id}")


async def recall(case_id: uuid.UUID, note: str) -> CaseRecord:
    """Take a report back that the other side has not given a number yet; what was sent already they may have."""
    async with tenant_tx(write=True):
        if not await CityProblemsReport.exists().where(CityProblemsReport.case_id == case_id):
            raise refuse("not_found", "id")
        return await move(case_id, "recall", note=note)


async def recalled(case_id: uuid.UUID) -> None:
    """Let what is still on its way to another body count no more: the report's case was taken back. Joins the unit."""
    mine = CityProblemsForwarding.case_id == case_id
    await CityProblemsForwarding.update({CityProblemsForwarding.state: RECALLED}).where(
        mine & CityProblemsForwarding.state.is_in([SENDING, WAITING])
    )


async def send(payload: dict[str, Any]) -> None:
    """Hand in the forwarding ``payload["forwarding_id"]``, or ask for its number; one that is decided is left alone."""
    errand = await _errand(uuid.UUID(payload["forwarding_id"]))
    if errand is None:
        return
    row = errand.row
    if not errand.is_active:
        await _back(errand, text("city_problems.way_endpoint_off", current_tenant().locale))
        return
    doubtful = is_repeat() and row.state == SENDING and row.failure not in _NOT_SENT
    try:
        if row.state == WAITING:
            number, token = await number_of(errand.target, row.token), row.token
        else:
            receipt = await submit(errand.target, errand.form, effect_key())
            number, token = receipt.number, receipt.token
            doubtful = doubtful and not receipt.is_replayed
    except NotTaken as error:
        await _back(errand, error.words)
        return
    except Trouble as error:
        await _failed(errand, error)
        raise
    if number:
        await _there(errand, number, doubtful=doubtful)
    else:
        await _wait_for_number(errand, token)


async def _service(endpoint: CityProblemsEndpoint, report: CityProblemsReport, given: str) -> str:
    rows = await CityProblemsCategory.select(CityProblemsCategory.key).where(
        CityProblemsCategory.id == report.category_id
    )
    category = rows[0]["key"]
    code = given.strip() or json.loads(endpoint.services).get(category, "") or endpoint.service_code
    if not code:
        raise refuse("city_problems.service_unmapped", "service_code", category=category, title=endpoint.title)
    if len(code) > 200 or not code.isprintable():
        raise refuse("too_long", "service_code", limit=200)
    return str(code)


async def _errand(forwarding_id: uuid.UUID) -> Errand | None:
    origin = (await place_of_city(load())).origin
    async with tenant_tx():
        row = await CityProblemsForwarding.objects().where(CityProblemsForwarding.id == forwarding_id).first()
        if row is None or row.state not in (SENDING, WAITING):
            return None
        endpoint = await CityProblemsEndpoint.objects().where(CityProblemsEndpoint.id == row.endpoint_id).first()
        if endpoint is None:
            return None
        form = await letter_of(row, origin) if row.state == SENDING else []
    return Errand(row=row, title=endpoint.title, target=target_of(endpoint), is_active=endpoint.is_active, form=form)


async def _there(errand: Errand, number: str, *, doubtful: bool) -> None:
    """Write their number down and close the case; where it was recalled meanwhile it stays open, and says so."""
    moment = now()
    async with tenant_tx(write=True) as unit:
        case, _ = await lock_case(errand.row.case_id, permission=None, closed=True)
        current = await unit.connection.fetchrow(_CURRENT, unit.tenant_id, errand.row.id)
        if current is None or current["state"] == THERE:
            return
        row = CityProblemsForwarding
        values: dict[Any, Any] = {
            row.state: THERE,
            row.remote_id: number,
            row.status: "open",
            row.sent_at: moment,
            row.updated_at: moment,
            row.attempts: current["attempts"] + 1,
            row.failure: MAYBE_TWICE if doubtful else "",
        }
        await row.update(values).where(row.id == errand.row.id)
        locale = current_tenant().locale
        told = {"title": errand.title, "number": number}
        if current["state"] == RECALLED:
            await _remark(case, text("city_problems.forwarded_after_all", locale, told))
            return
        note = text("city_problems.forwarded_note", locale, told)
        facts = {"forwarding": errand.row.id, "uncertain": doubtful}
        await move(case.id, "be_forwarded", outcome=FORWARDED, note=note, data=facts)


async def _wait_for_number(errand: Errand, token: str) -> None:
    """Note the token, and come again: the longer it has lasted, the less often."""
    row, moment = errand.row, now()
    if moment - row.asked_at > PATIENCE:
        await _back(errand, text("city_problems.way_no_number", current_tenant().locale))
        return
    async with tenant_tx(write=True):
        table = CityProblemsForwarding
        values: dict[Any, Any] = {table.token: token, table.checked_at: moment, table.failure: ""}
        if row.state == SENDING:
            values |= {table.state: WAITING, table.sent_at: moment, table.attempts: row.attempts + 1}
        await table.update(values).where((table.id == row.id) & table.state.is_in([SENDING, WAITING]))
    raise Later(_pause(moment - row.asked_at), "they have given no number yet")


async def _failed(errand: Errand, error: Trouble) -> None:
    """Note a failed attempt; raise ``Later`` where they ask us to wait, ``Rejected`` where it was the last one."""
    row, moment = errand.row, now()
    is_busy, is_late = error.reason == "busy", moment - row.asked_at > PATIENCE
    is_last = not is_busy and row.attempts + 1 >= ATTEMPTS
    if error.reason == "not_allowed" or is_late or is_last:
        await _back(errand, in_words(error.reason, current_tenant().locale))
        raise Rejected(error.reason)
    table = CityProblemsForwarding
    async with tenant_tx(write=True):
        values: dict[Any, Any] = {
            table.failure: _graver(row.failure, error.reason),
            table.checked_at: moment,
            table.attempts: row.attempts + (not is_busy),
        }
        await table.update(values).where((table.id == row.id) & table.state.is_in([SENDING, WAITING]))
    if is_busy:
        raise Later(error.wait or _pause(moment - row.asked_at), "busy")


def _graver(before: str, reason: str) -> str:
    """Return the failure to keep: one after which they may have it is not forgotten for one after which they can't."""
    return before if before and before not in _NOT_SENT and reason in _NOT_SENT else reason


async def _back(errand: Errand, reason: str) -> None:
    """Give the case back to the clerks with the reason, unless somebody has recalled it."""
    async with tenant_tx(write=True) as unit:
        await lock_case(errand.row.case_id, permission=None, closed=True)
        current = await unit.connection.fetchrow(_CURRENT, unit.tenant_id, errand.row.id)
        if current is None or current["state"] not in (SENDING, WAITING):
            return
        row = CityProblemsForwarding
        values: dict[Any, Any] = {
            row.state: REFUSED,
            row.failure: reason,
            row.checked_at: now(),
            row.attempts: current["attempts"] + 1,
        }
        await row.update(values).where(row.id == errand.row.id)
        told = {"title": errand.title, "reason": reason}
        note = text("city_problems.forwarding_failed_note", current_tenant().locale, told)
        case = await move(errand.row.case_id, "recall", note=note, data={"forwarding": errand.row.id})
        await add_event(case, "forwarding_failed", words={"note": note}, forwarding=errand.row.id)


async def _remark(case: CaseRecord, body: str) -> None:
    """Tell the staff something of a case that nobody has done."""
    row = CaseComment(case_id=case.id, visibility="internal", body=body, at=now())
    await row.save()
    await add_event(case, "commented", comment_id=row.id, visibility="internal")


def _pause(waited: timedelta) -> timedelta:
    return min(max(waited / 4, _QUICKEST), _SLOWEST)
