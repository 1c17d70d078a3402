"""Reading a whole city into this installation.

First all of the archive is read and checked, then its rows are written in batches that commit, each by itself: a run
that was killed and is given again goes on. Last, in one transaction, what leads to the city is written, every row is
read out again and must be the archive's, and the city is one like others: suspended, until somebody resumes it.
"""

from __future__ import annotations

import asyncio
import getpass
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg

from leancity.core.audit.log import record
from leancity.core.config import load, require
from leancity.core.db import rows
from leancity.core.db.engine import pool
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused, refuse
from leancity.core.identity.principal import acting_as, system
from leancity.core.identity.service import add_missing_roles
from leancity.core.plugins.manager import Modules
from leancity.core.processes.shipped.adding import add_missing_processes, prepare_processes
from leancity.core.tenancy.arriving import Arrival, begin_arrival, begun_arrival
from leancity.core.tenancy.context import Tenant, enter
from leancity.core.tenancy.lookup import region_of
from leancity.core.tenancy.service import NewCity, problems_of
from leancity.tenants.archive.checking import Checked, check
from leancity.tenants.archive.crypt import identities_of
from leancity.tenants.archive.dropping import drop
from leancity.tenants.archive.filling import Filling

OnProgress = Callable[[int, int], None]
"""Hears how many bytes are done, and of how many: the archive is read twice."""

ITS_FAULT = ("22", "23", "54")
"""Classes of PostgreSQL's errors that mean: these rows are no city's (wrong values, broken keys, too large)."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to read. ``slug`` and ``hosts`` replace the archive's; ``identity`` is a file with keys of age."""

    file: Path
    slug: str | None = None
    hosts: Sequence[str] = ()
    identity: Path | None = None
    dry_run: bool = False


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What is here now (``is_dry``: could be).

    ``left_out`` counts by table the sealed values that the archive has not. ``region`` is the one that the city had
    where it comes from, ``has_region`` whether it has it here. ``is_resumed``: an earlier run had begun it.
    """

    slug: str
    hosts: tuple[str, ...]
    rows: int
    files: int
    file_bytes: int
    digest: str
    left_out: dict[str, int]
    is_copy: bool
    region: str | None
    has_region: bool
    is_resumed: bool
    is_dry: bool
    seconds: float


async def import_city(modules: Modules, wanted: Wanted, told: OnProgress = lambda done, whole: None) -> Imported:
    """Read a city out of its archive and return what is here now. Call it outside any city.

    Refuses an archive that is damaged, does not fit here or whose slug or host is taken; then nothing is left of it.
    What breaks off otherwise (a kill, a database that goes away, a full disk) goes on when it is given again.
    """
    begun, config = time.monotonic(), load()
    require(config, "database_migrate_url")  # to take back what can't be taken
    identities = identities_of(wanted.identity) if wanted.identity else []
    async with pool().acquire() as connection:
        shapes = await rows.shapes(connection)
    size = await asyncio.to_thread(_size, wanted.file)
    checked = await asyncio.to_thread(
        check, wanted.file, identities, modules, shapes, lambda place: told(place, 2 * size)
    )
    arrival = _arrival(wanted, checked)
    is_resumed = await begun_arrival(arrival.city) is not None
    if not is_resumed and (problems := await problems_of(modules, arrival.city)):
        raise Refused(*problems)
    result = partial(_result, checked, arrival, is_resumed=is_resumed, is_dry=wanted.dry_run)
    if wanted.dry_run:
        return result(has_region=False, seconds=time.monotonic() - begun)
    tenant = await begin_arrival(modules, arrival)
    with enter(tenant), acting_as(system(tenant.locale)):
        filling = Filling(wanted.file, identities, checked, shapes, lambda place: told(size + place, 2 * size))
        await _fill(filling, tenant)
    has_region = await _settle(modules, tenant, checked)
    return result(has_region=has_region, seconds=time.monotonic() - begun)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise refuse("archive_unreadable", "file", file=str(path)) from error


def _arrival(wanted: Wanted, checked: Checked) -> Arrival:
    city = checked.city
    return Arrival(
        city=NewCity(
            slug=wanted.slug or city.slug,
            title=city.title,
            zone=city.zone,
            locale=city.locale,
            hosts=tuple(wanted.hosts) or city.hosts,
            modules=tuple(sorted(city.modules)),
            kind=city.kind,
            made_by=uuid.UUID(checked.manifest.digest[:32]),
        ),
        revision=city.revision,
        plan=city.plan,
        limits=city.limits,
        created_at=city.created_at,
    )


async def _fill(filling: Filling, tenant: Tenant) -> None:
    """Write the city; where that can't be done whatever one tries, take back what was written."""
    try:
        await filling.run()
    except Refused as refused:
        if any(problem.code != "city_not_importing" for problem in refused.problems):
            await drop(tenant)
        raise
    except asyncpg.PostgresError as error:
        if (error.sqlstate or "")[:2] not in ITS_FAULT:
            raise
        await drop(tenant)
        # PostgreSQL's own words quote the row.
        reason = getattr(error, "constraint_name", None) or type(error).__name__
        raise refuse("archive_rows_refused", "file", table=filling.table, reason=reason) from None


async def _settle(modules: Modules, tenant: Tenant, checked: Checked) -> bool:
    """Bring what this version adds, and record the arrival; return whether the city has a region."""
    manifest = checked.manifest
    await prepare_processes(modules, checked.city.modules, tenant.locale)
    with enter(replace(tenant, modules=modules.closure(checked.city.modules))), acting_as(system(tenant.locale)):
        async with tenant_tx(write=True):
            await add_missing_roles(modules)
            await add_missing_processes(modules)
            await record(
                "core.city.imported",
                "tenant",
                rows=manifest.rows,
                files=manifest.files.files,
                digest=manifest.digest,
                operator=getpass.getuser(),
            )
    return await region_of(tenant.id) is not None


def _result(checked: Checked, arrival: Arrival, **more: Any) -> Imported:
    manifest = checked.manifest
    return Imported(
        slug=arrival.city.slug,
        hosts=arrival.city.hosts,
        rows=manifest.rows,
        files=manifest.files.files,
        file_bytes=manifest.files.bytes,
        digest=manifest.digest,
        left_out=manifest.left_out,
        is_copy=checked.city.is_copy,
        region=checked.city.region,
        **more,
    )
