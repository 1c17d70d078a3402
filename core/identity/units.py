"""The city's organisation: bodies, departments and subordinate legal entities in one tree."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from stdnum.exceptions import ValidationError
from stdnum.ru import inn as inn_number

from leancity.core.audit.log import record
from leancity.core.cases.checks import SHORT, Checks
from leancity.core.db.unit import Unit, tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.identity.tables import OrgUnit, UserAccount

CHANGE = "core.unit.change"

_ABOVE = """
with recursive above (id, parent_id) as (
    select id, parent_id from org_unit where tenant_id = $1 and id = $2
    union
    select p.id, p.parent_id from above a join org_unit p on p.id = a.parent_id where p.tenant_id = $1
)
select id from above
"""
_LOCK = "select from org_unit where tenant_id = $1 order by id for no key update"


class UnitKind(StrEnum):
    """What a unit is. A legal entity has its own head, INN and staff, and scopes of permissions stop at its border."""

    BODY = "body"
    DEPARTMENT = "department"
    LEGAL_ENTITY = "legal_entity"


class LegalForm(StrEnum):
    """The forms of a city's subordinate organisations."""

    MKU = "mku"
    MBU = "mbu"
    MAU = "mau"
    MUP = "mup"
    OOO = "ooo"
    AO = "ao"


@dataclass(frozen=True, kw_only=True)
class UnitCard:
    """All that is told of a unit. ``legal_form`` and ``inn`` (10 digits with their check digit) belong to an entity."""

    key: str
    title: str
    parent_id: uuid.UUID | None = None
    kind: UnitKind = UnitKind.DEPARTMENT
    legal_form: LegalForm | None = None
    inn: str = ""
    head_id: uuid.UUID | None = None
    is_active: bool = True


async def units_above(unit_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """Return a unit and all that it lies in, over borders of legal entities too; empty where there is none."""
    async with tenant_tx() as unit:
        return frozenset(row["id"] for row in await unit.connection.fetch(_ABOVE, unit.tenant_id, unit_id))


async def create_unit(key: str, title: str, parent_id: uuid.UUID | None = None) -> uuid.UUID:
    """Add a department and return its id; refuse a key that is taken."""
    return (await add_unit(UnitCard(key=key, title=title, parent_id=parent_id))).id


async def add_unit(card: UnitCard) -> OrgUnit:
    """Add a unit; refuse what does not fit, naming each field."""
    current_principal().require(CHANGE)
    checked = _checked(card)
    async with tenant_tx(write=True) as unit:
        await unit.connection.execute(_LOCK, unit.tenant_id)
        row = OrgUnit(**checked)
        await _check_references(unit, row)
        await row.save()
        await record("core.unit.created", "org_unit", row.id, kind=row.kind)
    return row


async def change_unit(unit_id: uuid.UUID, card: UnitCard) -> OrgUnit:
    """Give a unit another card; refuse one that would lie within itself."""
    current_principal().require(CHANGE)
    checked = _checked(card)
    async with tenant_tx(write=True) as unit:
        # All of them: two moves that would close a circle together wait for one another.
        await unit.connection.execute(_LOCK, unit.tenant_id)
        row = await OrgUnit.objects().where(OrgUnit.id == unit_id).first()
        if row is None:
            raise refuse("not_found", "unit_id")
        before = row.to_dict()
        for name, value in checked.items():
            setattr(row, name, value)
        await _check_references(unit, row)
        await row.save()
        changed = [name for name, value in checked.items() if before[name] != value]
        await record("core.unit.changed", "org_unit", row.id, fields=changed)
    return row


def _checked(card: UnitCard) -> dict[str, Any]:
    checks = Checks()
    key = checks.text("key", card.key, limit=SHORT, required=True)
    title = checks.text("title", card.title, limit=SHORT, required=True)
    inn = checks.text("inn", card.inn, limit=12)
    is_entity = card.kind is UnitKind.LEGAL_ENTITY
    if is_entity and card.legal_form is None:
        checks.wrong("required", "legal_form")
    for field, value in (("legal_form", card.legal_form), ("inn", inn)):
        if value and not is_entity:
            checks.wrong("unit_no_entity", field)
    if inn and not _is_inn(inn):
        checks.wrong("inn_invalid", "inn")
    checks.done()
    return {
        "key": key,
        "title": title,
        "parent_id": card.parent_id,
        "kind": card.kind.value,
        "legal_form": card.legal_form.value if card.legal_form else "",
        "inn": inn,
        "head_id": card.head_id,
        "is_active": card.is_active,
    }


def _is_inn(inn: str) -> bool:
    try:
        return len(inn_number.validate(inn)) == 10  # of an organisation; twelve digits are a person's
    except ValidationError:
        return False


async def _check_references(unit: Unit, row: OrgUnit) -> None:
    if await OrgUnit.exists().where((OrgUnit.key == row.key) & (OrgUnit.id != row.id)):
        raise refuse("key_taken", "key", key=row.key)
    if row.parent_id is not None:
        above = await units_above(row.parent_id)
        if not above:
            raise refuse("not_found", "parent_id")
        if row.id in above:
            raise refuse("unit_circular", "parent_id")
    if row.head_id is not None and not await UserAccount.exists().where(UserAccount.id == row.head_id):
        raise refuse("not_found", "head_id")
