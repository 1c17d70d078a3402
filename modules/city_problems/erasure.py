"""Forgetting a person: what reports say about who filed them, and what the person did about those of others."""

from __future__ import annotations

from leancity.core.db.unit import tenant_tx
from leancity.core.i18n.catalogue import pick
from leancity.core.plugins.contributions import Erased, ErasedPerson
from leancity.core.tenancy.context import current_tenant

# Beside the account's own reports those of a stranger who left the same address or number. Of a number the last ten
# digits count: people write +7, 8 or neither before them.
_EMPTY = """
update city_problems_report r set reporter_name = '', reporter_phone = '', reporter_email = ''
from case_record c
where r.tenant_id = $1 and c.tenant_id = $1 and c.id = r.case_id
  and (r.reporter_name, r.reporter_phone, r.reporter_email) <> ('', '', '')
  and (c.author_id = $2
       or ($3 <> '' and lower(r.reporter_email) = $3)
       or ($4 <> '' and right(regexp_replace(r.reporter_phone, '\\D', '', 'g'), 10) = right($4, 10)))
returning r.id
"""
# Words that went with a mark are the person's own; the mark stays, as nobody's.
_MARKS = """
update city_problems_mark set comment = '', user_id = null where tenant_id = $1 and user_id = $2 returning id
"""
_SUPPORT = """
with gone as (delete from city_problems_supporter where tenant_id = $1 and user_id = $2 returning case_id)
update city_problems_report r set supporters = r.supporters - 1 from gone
where r.tenant_id = $1 and r.case_id = gone.case_id returning r.id
"""
_WATCHES = "delete from city_problems_watch where tenant_id = $1 and user_id = $2 returning id"
_VOTES = "delete from city_problems_poll_vote where tenant_id = $1 and user_id = $2 returning id"
# Not the module's catalogue: a city that has left the module has no texts of it, and forgets people all the same.
KEPT = {
    "en": "The problems they reported stay, without a name; what they wrote about them is not read by a machine",
    "ru": "Сообщения о проблемах остаются без имени; что человек в них написал, автоматически не вычитывается",
}


async def forget_reporter(person: ErasedPerson) -> Erased:
    """Remove name, phone and e-mail from a person's reports; the problems they tell of stay.

    Of an account go the places watched, the support of others' reports, the words of marks, and the votes of polls,
    which are counted without them from then on.
    """
    done = 0
    async with tenant_tx(write=True) as unit:
        rows = await unit.connection.fetch(_EMPTY, unit.tenant_id, person.person_id, person.email, person.phone)
        if person.person_id is not None:
            done += len(await unit.connection.fetch(_MARKS, unit.tenant_id, person.person_id))
            done += len(await unit.connection.fetch(_SUPPORT, unit.tenant_id, person.person_id))
            done += len(await unit.connection.fetch(_WATCHES, unit.tenant_id, person.person_id))
            done += len(await unit.connection.fetch(_VOTES, unit.tenant_id, person.person_id))
    note = pick(KEPT, current_tenant().locale) if rows else ""
    return Erased(erased=len(rows) + done, kept=len(rows), note=note)
