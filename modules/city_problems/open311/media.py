"""The photos of a report that came with addresses: fetched by a job, one for each, and shown as the others are.

An address that answers nothing a while is asked again; what can't be had in the end is noted on the report and left.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from leancity.core.cases.attachments import Attachment, add_file
from leancity.core.cases.journal import add_event
from leancity.core.cases.records import lock_case
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused
from leancity.core.files.incoming import receiving
from leancity.core.files.kinds import LARGEST
from leancity.core.files.senders import Sender
from leancity.core.files.service import Upload, keep
from leancity.core.http.outgoing import Unreachable, get
from leancity.core.jobs.current import effect_key
from leancity.core.jobs.outbox import enqueue
from leancity.core.moment import now
from leancity.core.plugins.contributions import Job

FETCH = "city_problems.fetch_photo"
NOT_FETCHED = "photo_not_fetched"
WAITS = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
"""After each fetch that failed on the way, until the next."""
_PASSING = frozenset({"connect", "dns", "timeout"})
_PLATFORM = Sender(user_id=None, is_known=False, counted_as="")  # takes pictures alone
_OK = 200


async def ask_for_photos(case_id: uuid.UUID, urls: Sequence[str]) -> None:
    """Ask for photos of a report to be fetched. Joins the open unit of work."""
    for url in urls:
        await enqueue(FETCH, {"case_id": case_id, "url": url, "attempt": 0})


async def fetch(payload: dict[str, Any]) -> None:
    """Job: fetch the photo at ``payload["url"]`` and hang it on the report ``payload["case_id"]``."""
    case_id, attempt = uuid.UUID(payload["case_id"]), int(payload["attempt"])
    try:
        answer = await get(payload["url"], largest=LARGEST["image"])
        if answer.status != _OK:
            raise Unreachable("status")
        photo = await _kept(answer.content)
    except Unreachable as error:
        if error.reason in _PASSING and attempt < len(WAITS):
            await enqueue(
                FETCH, {**payload, "attempt": attempt + 1}, now() + WAITS[attempt], key=f"{FETCH} {effect_key()}"
            )
        else:
            await _note(case_id, error.reason)
    except Refused as refused:
        await _note(case_id, refused.problems[0].code)
    else:
        await _hang(case_id, photo)


async def _kept(content: bytes) -> Upload:
    """Store a photo, once however often the job is begun."""
    async with receiving(_PLATFORM.allowance.largest) as file:
        await file.write(content)
        return await keep(file, "photo.jpg", _PLATFORM, uuid.UUID(effect_key()))


async def _hang(case_id: uuid.UUID, photo: Upload) -> None:
    try:
        async with tenant_tx(write=True):
            case, _ = await lock_case(case_id, permission=None, closed=True)
            await add_file(case, Attachment(file_id=photo.id, claim=photo.claim, visibility="public"))
    except Refused as refused:
        if [problem.code for problem in refused.problems] != ["case_file_attached"]:  # by the attempt before
            raise


async def _note(case_id: uuid.UUID, reason: str) -> None:
    async with tenant_tx(write=True):
        case, _ = await lock_case(case_id, permission=None, closed=True)
        await add_event(case, NOT_FETCHED, reason=reason)


JOBS = (Job(name=FETCH, run=fetch, is_outside=True, is_private=True),)
