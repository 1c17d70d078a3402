"""Filing a case."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from leancity.core.cases.attachments import Attachment, add_file
from leancity.core.cases.checks import LONG, SHORT, Checks, keepable
from leancity.core.cases.journal import STATE_ENTERED, add_event
from leancity.core.cases.kinds import CaseKind
from leancity.core.cases.numbers import draw_number
from leancity.core.cases.registry import kind_to_file
from leancity.core.cases.tables import CaseRecord
from leancity.core.cases.terms import change_terms, stages_of
from leancity.core.clock.city import FIRST_YEAR
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.identity.tables import OrgUnit, UserAccount
from leancity.core.jobs.outbox import tell
from leancity.core.moment import now

EARLIEST = datetime(FIRST_YEAR, 1, 2, tzinfo=UTC)  # the first day itself may lie outside in a city's zone
"""No case is older: the work clock begins there."""


@dataclass(frozen=True, kw_only=True)
class Filing:
    """What a new case begins with.

    ``opened_at``: when the request was received, now when None. ``author_id``: who it is from, the one signed in when
    None. ``unit_id``: the unit at whose desk it arrives; from there it moves by hand-over. ``cell``: the H3 cell of the
    place it is about, by which territories are told. ``source`` and
    ``external_id`` (both or none) name it in the system it comes from and let it in once only. ``data``: facts for the
    first event, without personal values.
    """

    title: str
    text: str = ""
    opened_at: datetime | None = None
    author_id: uuid.UUID | None = None
    unit_id: uuid.UUID | None = None
    cell: int | None = None
    source: str | None = None
    external_id: str | None = None
    files: Sequence[Attachment] = ()
    data: Mapping[str, Any] | None = None


async def file_case(kind: str, filing: Filing, *, number: str | None = None) -> CaseRecord:
    """File a case of ``kind`` and return it, in the kind's initial state and under its terms.

    A module that files a case together with rows of its own draws the ``number`` before it opens the unit of work.
    Raises ``ModuleClosed``, ``Forbidden``, or ``Refused`` naming the fields, ``case_known`` when the source's case is
    here already (``find_external`` returns it).
    """
    case_kind, moment = kind_to_file(kind), now()
    if case_kind.filing_permission is not None:
        current_principal().require(case_kind.filing_permission)
    case = _checked(case_kind, filing, moment)
    case.number = number or await draw_number(kind, case.opened_at)
    async with tenant_tx(write=True):
        await _check_references(case)
        await _insert(case)
        facts = {"data": dict(filing.data)} if filing.data else {}
        await add_event(case, STATE_ENTERED, at=case.opened_at, kind=kind, final=False, **facts)
        stages = stages_of(case_kind, case.status, first=True)
        due_at = await change_terms(case, case_kind, case.opened_at, enters=stages)
        if due_at is not None:
            case.due_at = due_at
            await case.save([CaseRecord.due_at])
        for file in filing.files:
            await add_file(case, file)
        await tell("case_submitted", case_id=case.id, kind=kind)
    return case


async def find_external(source: str, external_id: str) -> uuid.UUID | None:
    """Return the id of the case that ``source`` calls ``external_id``, whoever asks: imports know their own by it."""
    async with tenant_tx():
        named = (CaseRecord.source == keepable(source).strip()) & (
            CaseRecord.external_id == keepable(external_id).strip()
        )
        found = await CaseRecord.select(CaseRecord.id).where(named).first()
    return None if found is None else found["id"]


def _checked(kind: CaseKind, filing: Filing, moment: datetime) -> CaseRecord:
    checks = Checks()
    title = checks.text("title", filing.title, limit=SHORT, required=True)
    text = checks.text("text", filing.text, limit=LONG)
    opened_at = filing.opened_at or moment
    if opened_at.tzinfo is None or not EARLIEST <= opened_at <= moment:
        checks.wrong("case_opened_at_unlikely", "opened_at", earliest=EARLIEST.year)
    if (filing.source is None) != (filing.external_id is None):
        checks.wrong("required", "external_id" if filing.external_id is None else "source")
    names = {
        field: None if name is None else checks.text(field, name, limit=SHORT, required=True)
        for field, name in (("source", filing.source), ("external_id", filing.external_id))
    }
    checks.done()
    return CaseRecord(
        kind=kind.key,
        title=title,
        text=text,
        status=kind.initial,
        opened_at=opened_at.astimezone(UTC),
        author_id=filing.author_id or current_principal().user_id,
        unit_id=filing.unit_id,
        cell=filing.cell,
        source=names["source"],
        external_id=names["external_id"],
    )


async def _check_references(case: CaseRecord) -> None:
    for field, table, value in (("unit_id", OrgUnit, case.unit_id), ("author_id", UserAccount, case.author_id)):
        if value is not None and not await table.exists().where(table.id == value):
            raise refuse("not_found", field)


async def _insert(case: CaseRecord) -> None:
    target = (CaseRecord.tenant_id, CaseRecord.source, CaseRecord.external_id)
    inserted = await CaseRecord.insert(case).on_conflict(target, "DO NOTHING").returning(CaseRecord.id)
    if not inserted:
        raise refuse("case_known", "external_id", source=case.source)
