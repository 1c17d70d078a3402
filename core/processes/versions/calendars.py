"""Whether a calendar of the city may go: not while a drawing that is at work counts by it."""

from __future__ import annotations

from leancity.core.db.unit import tenant_tx

# Drawings of production and of a trial, and those on which something still runs.
_COUNTS_BY = """
select exists (
    select from process_version v
    where v.tenant_id = $1 and position($2 in v.executable) > 0 and (
        exists (select from process p where p.tenant_id = $1 and v.id in (p.production_id, p.trial_id))
        or exists (select from process_instance i where i.tenant_id = $1 and i.version_id = v.id
            and i.status in ('running', 'failed'))
    )
)
"""


async def counts_by(calendar: str) -> bool:
    """Tell whether a process counts a timer or a term by a calendar."""
    async with tenant_tx() as unit:
        found: bool = await unit.connection.fetchval(_COUNTS_BY, unit.tenant_id, f'calendar="{calendar}"')
    return found
