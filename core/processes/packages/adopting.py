"""Taking a package: from the catalogue or from a file, anew or as the next one of a practice that is here already."""

from __future__ import annotations

import json
import uuid
from typing import Any

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.files.service import claimed_file
from leancity.core.files.store import key_of, store
from leancity.core.files.threads import examining, storing
from leancity.core.identity.principal import current_principal
from leancity.core.identity.vault import derived
from leancity.core.moment import now
from leancity.core.processes.packages import file
from leancity.core.processes.packages.checking import require_fit
from leancity.core.processes.packages.file import Package
from leancity.core.processes.packages.rows import State, changed, lock_adoption
from leancity.core.processes.packages.signing import Trust
from leancity.core.processes.packages.tables import PackageAdoption
from leancity.core.processes.versions.rows import find_process
from leancity.core.processes.versions.stages import CHANGE
from leancity.core.processes.versions.tables import Process, ProcessVersion
from leancity.core.tenancy import catalogue
from leancity.core.tenancy.context import current_tenant

_WORD = "taker of a practice"


async def uploaded_package(file_id: uuid.UUID, claim: str) -> Package:
    """Return the package in a file that the caller uploaded."""
    row = await claimed_file(file_id, claim)
    if row.size > file.BYTES:
        raise refuse("package_too_big", "package", limit=file.BYTES)
    return await read_package(await storing(store().read, key_of(row.sha256, row.copy), 0, row.size))


async def read_package(data: bytes) -> Package:
    """Return the package in bytes; see ``file.read``."""
    return await examining(file.read, data)


async def adopt(
    package: Package,
    *,
    upgrade_of: uuid.UUID | None = None,
    onto: uuid.UUID | None = None,
    is_untrusted_taken: bool = False,
) -> PackageAdoption:
    """Begin to take a package that was read; refuse what can't be had here (``checking.require_fit``).

    ``upgrade_of``: the process that an earlier one of it became here, whose bindings it keeps; ``onto``: any other
    process of the city on the same kind of case. What was begun already and waits for its bindings is gone on with.
    """
    who = current_principal()
    who.require(CHANGE)
    content = package.content
    if upgrade_of is not None and onto is not None:
        raise refuse("package_one_process", "onto")
    if package.trust is Trust.OURS and content.provenance.city == current_tenant().slug:
        raise refuse("package_own", "package")
    await require_fit(package, is_untrusted_taken=is_untrusted_taken)
    async with tenant_tx(write=True):
        begun = (PackageAdoption.checksum == package.checksum) & (PackageAdoption.state == State.BINDING.value)
        for row in await PackageAdoption.objects().where(begun).lock_rows("UPDATE"):
            if row.process_id == (upgrade_of or onto):
                return row
        if onto is not None:
            await _require_strange(onto, package)
        bindings = {} if upgrade_of is None else await _bindings_of(upgrade_of, package)
        row = PackageAdoption(
            package_key=content.key,
            package_no=content.no,
            giver=content.provenance.city,
            checksum=package.checksum,
            content=package.text,
            bindings=json.dumps(bindings, ensure_ascii=False),
            process_id=upgrade_of or onto,
            author_id=who.user_id,
            begun_at=now(),
        )
        await row.save()
        facts: dict[str, Any] = {
            "key": content.key,
            "no": content.no,
            "checksum": package.checksum,
            "trust": package.trust.value,
        }
        facts |= {"upgrade_of": upgrade_of, "onto": onto}
        await record("core.process_adoption.begun", "process_adoption", row.id, **facts)
    return row


async def withdraw_adoption(adoption_id: uuid.UUID, expected_version: int | None = None) -> PackageAdoption:
    """Give a package up. The process that it became, and its versions, stay as they are."""
    current_principal().require(CHANGE)
    async with tenant_tx(write=True) as unit:
        row = await lock_adoption(adoption_id, expected_version, states=(State.BINDING, State.ADOPTED))
        was, row.state = row.state, State.WITHDRAWN.value
        await changed(row)
        if was == State.ADOPTED and not await _is_taken(row.package_key):
            await catalogue.leave(unit, row.package_key, taker(row.package_key))
        await record("core.process_adoption.withdrawn", "process_adoption", row.id, was=was)
    return row


async def latest_of(process_id: uuid.UUID, package_key: str | None = None) -> PackageAdoption | None:
    """Return the newest package that a process came of. Joins the open unit."""
    mine = (PackageAdoption.process_id == process_id) & (PackageAdoption.state == State.ADOPTED.value)
    if package_key is not None:
        mine = mine & (PackageAdoption.package_key == package_key)
    return await PackageAdoption.objects().where(mine).order_by(PackageAdoption.package_no, ascending=False).first()


def taker(package_key: str) -> str:
    """Return the word by which the catalogue counts this city once, and that tells nobody which city it is."""
    return derived(_WORD, package_key)


async def _bindings_of(process_id: uuid.UUID, package: Package) -> dict[str, str]:
    await find_process(process_id)
    former = await latest_of(process_id, package.content.key)
    if former is None:
        raise refuse("package_no_ancestor", "upgrade_of")
    if package.content.no <= former.package_no:
        raise refuse("package_not_newer", "upgrade_of", no=former.package_no)
    bound: dict[str, str] = json.loads(former.bindings)
    return {each.address: bound[each.address] for each in package.content.names if each.address in bound}


async def _require_strange(process_id: uuid.UUID, package: Package) -> None:
    """Refuse a process that this practice can't go onto: one that came of it, or one on another kind of case."""
    process = await Process.objects().where(Process.id == process_id).first()
    if process is None:
        raise refuse("not_found", "onto")
    if await latest_of(process_id, package.content.key) is not None:
        raise refuse("package_has_ancestor", "onto")
    if process.case_kind != package.content.process.case_kind:
        raise refuse("package_other_kind", "onto", kind=package.content.process.case_kind, here=process.case_kind)
    if not await ProcessVersion.exists().where(ProcessVersion.process_id == process_id):
        raise refuse("package_process_empty", "onto")


async def _is_taken(package_key: str) -> bool:
    taken = (PackageAdoption.package_key == package_key) & (PackageAdoption.state == State.ADOPTED.value)
    found: bool = await PackageAdoption.exists().where(taken)
    return found
