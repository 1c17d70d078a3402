"""The job that brings the limits of a changed plan to the cities that are on it."""

from __future__ import annotations

from functools import partial
from typing import Any

import structlog

from leancity.core.db.unit import tenant_tx
from leancity.core.tenancy.elsewhere import in_city
from leancity.core.tenancy.limits import Limits
from leancity.core.tenancy.lookup import tenant_by_slug
from leancity.core.tenancy.plans import behind
from leancity.core.tenancy.plans import renew_limits as renew
from leancity.tenants.operator.plans import limits_of
from leancity.tenants.operator.tables import OperatorPlan

log = structlog.get_logger()


class NotRenewed(Exception):
    """Some cities could not be given the limits of their plan; the job tries again."""


async def renew_limits(payload: dict[str, Any]) -> None:
    """Give every city on a plan the plan's limits; once more changes nothing.

    It ends when the limits are still what was given. A city that fails does not hold up the others, and how many are
    left is the difference that the directory shows: nothing else counts the progress.
    """
    plan = str(payload["plan"])
    limits = await _limits(plan)
    while limits is not None:
        failed = []
        for slug in await behind(plan, limits):
            tenant = await tenant_by_slug(slug)
            if tenant is None or tenant.is_erasing:
                continue
            try:
                await in_city(tenant, partial(renew, plan, limits))
            except Exception as error:  # whatever befalls one city, the others get theirs
                log.warning("limits were not renewed", receiver=slug, plan=plan, exc_info=error)
                failed.append(slug)
        if failed:
            raise NotRenewed(f"{plan}: {', '.join(failed)}")
        given, limits = limits, await _limits(plan)
        if limits == given:
            return


async def _limits(plan: str) -> Limits | None:
    async with tenant_tx():
        row = await OperatorPlan.select(OperatorPlan.limits).where(OperatorPlan.key == plan).first()
    return limits_of(row["limits"]) if row else None
