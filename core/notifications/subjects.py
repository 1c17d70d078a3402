"""What people are told of beside cases: its kinds, the right to each of them, and the page where it is found."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from leancity.core.db.unit import tenant_tx
from leancity.core.i18n.catalogue import text
from leancity.core.identity.principal import Principal, current_principal
from leancity.core.ids import new_id
from leancity.core.jobs.outbox import enqueue
from leancity.core.notifications.events import IMPORT_ENDED, PRACTICE_LANDED, REPORT_READY, REPORTS_MADE
from leancity.core.notifications.rules import rules

JOB = "core.notify_of"

OWNER_REPORT = "owner_report"
REPORT_RUN = "owner_report_run"
REGISTRY_IMPORT = "registry_import_run"
ADOPTION = "process_adoption"


@dataclass(frozen=True, kw_only=True)
class SubjectKind:
    """``event`` is what is told of it; ``page`` leads to one, before its id.

    ``permission`` is that to read any; None: it is the own of whom it is told to, while they are of the staff.
    """

    event: str
    page: str
    permission: str | None


KINDS: Mapping[str, SubjectKind] = {
    OWNER_REPORT: SubjectKind(event=REPORT_READY, page="owner-reports", permission=None),
    REPORT_RUN: SubjectKind(event=REPORTS_MADE, page="owner-report-runs", permission="core.process.read"),
    REGISTRY_IMPORT: SubjectKind(event=IMPORT_ENDED, page="registry-imports", permission="core.process.change"),
    ADOPTION: SubjectKind(event=PRACTICE_LANDED, page="process-adoptions", permission="core.process.read"),
}


async def ask_to_tell_of(kind: str, subject_id: uuid.UUID, user_ids: Iterable[uuid.UUID | None]) -> None:
    """Ask that people (None is nobody) be told of a thing of one of ``KINDS``. Joins the open unit of work."""
    people = sorted({each for each in user_ids if each is not None})
    async with tenant_tx(write=True):
        if people and any(rule.is_on and rule.event == KINDS[kind].event for rule in await rules()):
            # The event has no line anywhere else: its id tells a second notice of one thing from a second attempt.
            asked = {"subject": kind, "subject_id": subject_id, "event_id": new_id(), "user_ids": people}
            await enqueue(JOB, asked, order_key=f"{JOB} {subject_id}")


def may_read(person: Principal, kind: str) -> bool:
    """Tell whether a person may read what they were told of, a thing of a kind, now."""
    needed = KINDS[kind].permission
    return not person.is_resident and not person.must_enrol_totp and (needed is None or person.can(needed))


def readable() -> list[str]:
    """Return the kinds of which whoever asks may read what they were told of."""
    return [kind for kind in KINDS if may_read(current_principal(), kind)]


def title_of(kind: str, locale: str) -> str:
    """Return what a thing of a kind is called, "" of a case."""
    return text(f"notified_{kind}", locale) if kind else ""
