"""Forgetting a person in reports: those of theirs go, with their names in the files."""

from __future__ import annotations

from leancity.core.db.unit import tenant_tx
from leancity.core.plugins.contributions import Erased, ErasedPerson
from leancity.core.processes.reports.states import WAITING
from leancity.core.processes.reports.tables import OwnerReport


async def forget_in_reports(person: ErasedPerson) -> Erased:
    """Remove the person's own reports; ``core.files`` prunes the files in its time.

    What waits to be made fails, for nobody is there to make it for: its run counts it.
    """
    if person.person_id is None:
        return Erased(erased=0)
    theirs = (OwnerReport.owner_id == person.person_id) & (OwnerReport.state != WAITING)
    async with tenant_tx(write=True):
        return Erased(erased=len(await OwnerReport.delete().where(theirs).returning(OwnerReport.id)))
