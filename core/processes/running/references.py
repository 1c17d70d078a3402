"""People and units among the answers of a form: they are the city's, and are shown by their names."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Problem, Refused
from leancity.core.processes.running.filling import Path, spelt, values_in
from leancity.core.processes.running.formats import ACCOUNT, UNIT
from leancity.core.processes.running.forms import Form

_ACCOUNTS = "select id from user_account where tenant_id = $1 and id = any($2::uuid[]) and is_active and kind = 'staff'"
_UNITS = "select id from org_unit where tenant_id = $1 and id = any($2::uuid[]) and is_active"


async def require_references(form: Form, answers: Mapping[str, Any]) -> None:
    """Refuse answers that name a person who doesn't work for the city, or a unit that it hasn't, each by its field."""
    accounts, units = [*values_in(form, answers, ACCOUNT)], [*values_in(form, answers, UNIT)]
    if not accounts and not units:
        return
    async with tenant_tx() as unit:
        people = await unit.connection.fetch(_ACCOUNTS, unit.tenant_id, _ids(accounts))
        places = await unit.connection.fetch(_UNITS, unit.tenant_id, _ids(units))
    lost = [
        Problem(code=f"form_format_{what}", field=spelt(path))
        for what, given, found in ((ACCOUNT, accounts, people), (UNIT, units, places))
        for path, text in given
        if uuid.UUID(text) not in {row["id"] for row in found}
    ]
    if lost:
        raise Refused(*lost)


def named_in(form: Form, known: Mapping[str, Any], format_: str) -> tuple[uuid.UUID, ...]:
    """Return the people or units that a form's fields name, each once, in their order; ``known``: facts or answers."""
    return tuple(dict.fromkeys(_ids(values_in(form, known, format_))))


def _ids(given: Iterable[tuple[Path, str]]) -> list[uuid.UUID]:
    found = []
    for _, text in given:
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue  # a draft may hold anything
    return found
