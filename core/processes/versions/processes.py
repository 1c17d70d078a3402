"""The processes of a city: entered, changed, listed."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Any

from leancity.core.audit.log import record
from leancity.core.cases.checks import SHORT, Checks, keepable
from leancity.core.cases.registry import open_kinds
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.identity.tables import OrgUnit, UserAccount
from leancity.core.live.announce import announce
from leancity.core.moment import now
from leancity.core.processes.registry.tables import CityFunction
from leancity.core.processes.versions.rows import changed, lock_process
from leancity.core.processes.versions.stages import CHANGE
from leancity.core.processes.versions.tables import Process

TOPIC = "core.process"
"""What subscribers hear of when a process or one of its versions has changed."""
OWN_KIND = "core.process"
"""The kernel's own kind of case, of processes that a city draws itself."""

KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")


@dataclass(frozen=True, kw_only=True)
class ProcessCard:
    """All that is told of a process. ``key`` is small Latin letters, digits and underscores, in parts between dots."""

    key: str
    title: str
    function_id: uuid.UUID | None = None
    owner_id: uuid.UUID | None = None
    unit_id: uuid.UUID | None = None
    case_kind: str = OWN_KIND


async def create_process(card: ProcessCard) -> Process:
    """Enter a process; refuse a key that is taken, and whatever it names that is not there."""
    current_principal().require(CHANGE)
    checked = _checked(card)
    async with tenant_tx(write=True):
        await _check_references(checked)
        row = Process(**checked, created_at=now())
        if (
            not await Process.insert(row)
            .on_conflict((Process.tenant_id, Process.key), "DO NOTHING")
            .returning(Process.id)
        ):
            raise refuse("key_taken", "key", key=row.key)
        await record("core.process.created", "process", row.id, key=row.key)
        await announce(TOPIC, row.id, row.version)
    return row


async def change_process(process_id: uuid.UUID, card: ProcessCard, expected_version: int | None = None) -> Process:
    """Give a process another card. Its key stays for ever, its kind of case while a version is in work."""
    current_principal().require(CHANGE)
    checked = _checked(card)
    async with tenant_tx(write=True):
        row = await lock_process(process_id, expected_version)
        await _check_references(checked)
        if row.key != checked["key"]:
            raise refuse("process_key_kept", "key", key=row.key)
        is_in_work = row.production_id is not None or row.trial_id is not None
        if row.case_kind != checked["case_kind"] and is_in_work:
            raise refuse("process_in_work", "case_kind")
        fields = [name for name, value in checked.items() if getattr(row, name) != value]
        for name, value in checked.items():
            setattr(row, name, value)
        await changed(row)
        await record("core.process.changed", "process", row.id, fields=fields)
        await announce(TOPIC, row.id, row.version)
    return row


def _checked(card: ProcessCard) -> dict[str, Any]:
    checks = Checks()
    key = checks.text("key", card.key, limit=SHORT, required=True)
    title = checks.text("title", card.title, limit=SHORT, required=True)
    kind = keepable(card.case_kind)
    if key and not KEY.fullmatch(key):
        checks.wrong("process_key_invalid", "key")
    if kind != OWN_KIND and kind not in open_kinds():
        checks.wrong("not_found", "case_kind")
    checks.done()
    return {
        "key": key,
        "title": title,
        "function_id": card.function_id,
        "owner_id": card.owner_id,
        "unit_id": card.unit_id,
        "case_kind": kind,
    }


async def _check_references(checked: dict[str, Any]) -> None:
    """Refuse what is named and not there: a function, a person of the staff, a unit."""
    function_id, owner_id, unit_id = checked["function_id"], checked["owner_id"], checked["unit_id"]
    if function_id is not None and not await CityFunction.exists().where(CityFunction.id == function_id):
        raise refuse("not_found", "function_id")
    staff = (UserAccount.id == owner_id) & (UserAccount.kind == "staff")
    if owner_id is not None and not await UserAccount.exists().where(staff):
        raise refuse("not_found", "owner_id")
    if unit_id is not None and not await OrgUnit.exists().where(OrgUnit.id == unit_id):
        raise refuse("not_found", "unit_id")
