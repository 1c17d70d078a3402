"""Forgetting a person: what the reports they signed in for say about them."""

from __future__ import annotations

import uuid

from leancity.core.cases.tables import CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.modules.city_problems.tables import CityProblemsReport


async def forget_reporter(person_id: uuid.UUID) -> None:
    """Remove name, phone and e-mail from the reports of an account; the problems they tell of stay."""
    async with tenant_tx(write=True):
        cases = await CaseRecord.select(CaseRecord.id).where(CaseRecord.author_id == person_id)
        if cases:
            nothing = {
                CityProblemsReport.reporter_name: "",
                CityProblemsReport.reporter_phone: "",
                CityProblemsReport.reporter_email: "",
            }
            ids = [case["id"] for case in cases]
            await CityProblemsReport.update(nothing).where(CityProblemsReport.case_id.is_in(ids))
