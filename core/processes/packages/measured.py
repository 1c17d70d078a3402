"""What a package that was taken has changed here, beside what its giver measured; told to others if the city wants."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.processes.figures.comparison import ProcessComparison
from leancity.core.processes.figures.cut import Mark
from leancity.core.processes.packages.adopting import taker
from leancity.core.processes.packages.baseline import Baseline, kept_baseline
from leancity.core.processes.packages.effect import Cases, comparison_of, told_effect
from leancity.core.processes.packages.file import opened
from leancity.core.processes.packages.model import Effect
from leancity.core.processes.packages.rows import State, changed, find_adoption, lock_adoption
from leancity.core.processes.packages.tables import PackageAdoption
from leancity.core.processes.versions.rows import find_process, require_publisher
from leancity.core.tenancy import catalogue

_LIVE_AT = """
select min(v.published_at) from process_version v
where v.tenant_id = $1 and v.process_id = $2 and starts_with(v.origin, $3)
"""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """``live_at``: since when cases take the practice, None before; ``here`` the cases of the baseline against those
    since; without cases before, it has only one side. ``there``: what the giving city measured, None where nothing."""

    baseline: Baseline | None
    live_at: datetime | None
    here: ProcessComparison | None
    there: Effect | None


async def tell_effect(adoption_id: uuid.UUID, *, is_told: bool) -> PackageAdoption:
    """Tell the catalogue what was measured here, without the city's name, or take it back.

    Refuses what is not enough to be told: either side has too few cases.
    """
    async with tenant_tx():
        row = await find_adoption(adoption_id)
        if row.process_id is None:
            raise refuse("package_effect_unmeasured", "id")
        require_publisher(await find_process(row.process_id))
    effect = await _told(row) if is_told else None
    async with tenant_tx(write=True) as unit:
        row = await lock_adoption(adoption_id, states=(State.ADOPTED,))
        told = None if effect is None else msgspec.to_builtins(effect)
        key, no = row.package_key, row.package_no
        await catalogue.take(unit, key, no, row.checksum, taker(key), told)
        await changed(row)
        await record("core.process_adoption.effect_told", "process_adoption", row.id, told=is_told)
    return row


async def _told(row: PackageAdoption) -> Effect:
    found = await measured(row)
    baseline = found.baseline
    mark = Mark.PRODUCTION if baseline is None or baseline.cases is None else baseline.cases.mark
    effect = None if found.here is None else told_effect(found.here, mark)
    if effect is None:
        raise refuse("package_effect_unmeasured", "id")
    return effect


async def measured(row: PackageAdoption) -> Measured:
    """Return what a package has changed here so far; ``row`` with its package (``rows.read_adoption``)."""
    there = opened(row.content).effect
    baseline = kept_baseline(row.baseline)
    if row.process_id is None or baseline is None:
        return Measured(baseline=baseline, live_at=None, here=None, there=there)
    async with tenant_tx() as unit:
        origin = f"package:{row.package_key}@"
        live_at = await unit.connection.fetchval(_LIVE_AT, unit.tenant_id, row.process_id, origin)
    if live_at is None:
        return Measured(baseline=baseline, live_at=None, here=None, there=there)
    after = Cases(process_id=row.process_id, since=live_at)
    # Nothing was opened before it was: a side without cases.
    before = baseline.cases or Cases(process_id=row.process_id, since=live_at, until=live_at)
    if before.process_id == row.process_id and before.mark is Mark.PRODUCTION:
        before = replace(before, until=live_at)  # it was run as before until the practice was published
    here = await comparison_of(before, after)
    return Measured(baseline=baseline, live_at=live_at, here=here, there=there)
