"""Forgetting a person: what the applications they filed say about them."""

from __future__ import annotations

from leancity.core.db.unit import tenant_tx
from leancity.core.plugins.contributions import Erased, ErasedPerson

# An application holds no e-mail address. Of a number the last ten digits count: people write +7, 8 or neither first.
_EMPTY = """
update earthworks_permit p set applicant_name = '', applicant_phone = ''
from case_record c
where p.tenant_id = $1 and c.tenant_id = $1 and c.id = p.case_id and (p.applicant_name, p.applicant_phone) <> ('', '')
  and (c.author_id = $2
       or ($3 <> '' and right(regexp_replace(p.applicant_phone, '\\D', '', 'g'), 10) = right($3, 10)))
returning p.id
"""


async def forget_applicant(person: ErasedPerson) -> Erased:
    """Remove name and phone from a person's applications; where is dug stays known."""
    async with tenant_tx(write=True) as unit:
        rows = await unit.connection.fetch(_EMPTY, unit.tenant_id, person.person_id, person.phone)
    return Erased(erased=len(rows))
