"""``leancity audit``: is the audit log whole?"""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from leancity.core.audit.verify import Report, verify
from leancity.core.cli.running import WRONG, database
from leancity.core.errors import refuse
from leancity.core.identity.principal import acting_as, system
from leancity.core.tenancy.context import Tenant, enter
from leancity.core.tenancy.lookup import served_tenants, tenant_by_slug

PROGRESS = 25  # cities between two lines of progress


@click.group()
def audit() -> None:
    """Look after the audit log."""


@audit.command("verify")
@click.option("--city", help="Slug of the city.")
@click.option("--all", "everyone", is_flag=True, help="Every city, instead of --city.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@database
async def verify_(city: str | None, everyone: bool, as_json: bool) -> None:
    """Recompute the chain of a city's audit log. Exit code 1: it is broken, or rows lie behind the sealer's window."""
    if (city is None) != everyone:
        raise click.UsageError("give --city or --all")
    found, tenants = [], await _chosen(city)
    for number, tenant in enumerate(tenants, 1):
        found.append((tenant, await _verified(tenant)))
        if number % PROGRESS == 0:
            click.echo(f"{number} of {len(tenants)} cities", err=True)
    if as_json:
        click.echo(json.dumps({"cities": [_facts(tenant.slug, report) for tenant, report in found]}))
    else:
        for tenant, report in found:
            click.echo(f"{tenant.slug}: {_told(report)}")
    if not all(report.is_sound for _, report in found):
        sys.exit(WRONG)


async def _chosen(city: str | None) -> list[Tenant]:
    if city is None:
        return await served_tenants()
    tenant = await tenant_by_slug(city)
    if tenant is None:
        raise refuse("city_unknown", "city", city=city)
    return [tenant]


async def _verified(tenant: Tenant) -> Report:
    with enter(tenant), acting_as(system(tenant.locale)):
        return await verify()


def _facts(slug: str, report: Report) -> dict[str, Any]:
    broken = report.broken
    return {
        "city": slug,
        "isSound": report.is_sound,
        "sealed": report.sealed,
        "digest": report.digest,
        "unsealed": report.unsealed,
        "eldestUnsealedAt": report.eldest and report.eldest.isoformat(),
        "unsealedBehindWindow": report.behind,
        "broken": broken
        and {"seq": broken.seq, "reason": broken.reason.value, "rowId": broken.row_id and str(broken.row_id)},
    }


def _told(report: Report) -> str:
    parts = [f"{report.sealed} rows sealed"]
    if report.unsealed and report.eldest is not None:
        parts.append(f"{report.unsealed} not yet, the eldest of {report.eldest.isoformat(timespec='seconds')}")
    if report.behind:
        parts.append(f"{report.behind} OF THEM BEHIND THE SEALER'S WINDOW")
    if report.broken is not None:
        row = f", row {report.broken.row_id}" if report.broken.row_id else ""
        parts.append(f"BROKEN at link {report.broken.seq}: {report.broken.reason}{row}")
    return "; ".join(parts)
