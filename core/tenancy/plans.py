"""Plans as the directory knows them: which one a tenant is on, and the limits that were copied from it."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from leancity.core.audit.log import record
from leancity.core.db.engine import pool
from leancity.core.db.unit import Connection, tenant_tx
from leancity.core.tenancy.context import current_tenant
from leancity.core.tenancy.limits import Limits

_PUT = "update tenant set plan = $2, limits = $3 where id = $1 and (plan <> $2 or limits <> $3::jsonb)"
_RENEW = "update tenant set limits = $3 where id = $1 and plan = $2 and limits <> $3::jsonb"
_IS_USED = "select exists (select from tenant where plan = $1)"
_USED = """
select plan, limits, count(*) as cities from tenant where plan <> '' group by plan, limits order by plan
"""
_BEHIND = "select slug from tenant where plan = $1 and limits <> $2::jsonb order by slug"


@dataclass(frozen=True, kw_only=True)
class Use:
    """So many ``cities`` are on a plan and have these limits: others than the plan's until they were renewed."""

    plan: str
    limits: Limits
    cities: int


def as_json(limits: Limits) -> str:
    """Return limits as they are stored: with every key, so that two equal ones are equal as JSON."""
    return msgspec.json.encode(limits).decode()


async def put_on_plan(connection: Connection, tenant_id: int, plan: str, limits: Limits) -> bool:
    """Put a tenant on a plan ("" for none) with its limits, in the caller's transaction; return whether it was not."""
    return await connection.execute(_PUT, tenant_id, plan, as_json(limits)) != "UPDATE 0"


async def renew_limits(plan: str, limits: Limits) -> bool:
    """Give the tenant being served the limits of the plan that it is on; return whether it had others."""
    async with tenant_tx(write=True) as unit:
        done = await unit.connection.execute(_RENEW, current_tenant().id, plan, as_json(limits))
        if done == "UPDATE 0":
            return False
        await record("core.limits.renewed", "tenant", plan=plan, limits=msgspec.to_builtins(limits))
    return True


async def is_used(connection: Connection, plan: str) -> bool:
    """Tell whether any tenant is on a plan."""
    return bool(await connection.fetchval(_IS_USED, plan))


async def uses_of_plans() -> list[Use]:
    """Return how many tenants are on each plan that any is on, by the limits that they have."""
    return [
        Use(plan=row["plan"], limits=msgspec.json.decode(row["limits"], type=Limits), cities=row["cities"])
        for row in await pool().fetch(_USED)
    ]


async def behind(plan: str, limits: Limits) -> list[str]:
    """Return the slugs of the tenants on a plan that have other limits."""
    return [row["slug"] for row in await pool().fetch(_BEHIND, plan, as_json(limits))]
