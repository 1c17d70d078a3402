"""Forgetting a person: what the applications they filed say about them."""

from __future__ import annotations

import uuid

from leancity.core.cases.tables import CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity_earthworks.tables import EarthworksPermit


async def forget_applicant(person_id: uuid.UUID) -> None:
    """Remove name and phone from the applications of an account; where is dug stays known."""
    async with tenant_tx(write=True):
        cases = await CaseRecord.select(CaseRecord.id).where(CaseRecord.author_id == person_id)
        if cases:
            nothing = {EarthworksPermit.applicant_name: "", EarthworksPermit.applicant_phone: ""}
            ids = [case["id"] for case in cases]
            await EarthworksPermit.update(nothing).where(EarthworksPermit.case_id.is_in(ids))
