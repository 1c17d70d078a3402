"""Where this city's Open311 is, and whether a client means this city."""

from __future__ import annotations

import re

from leancity.core.config import load
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.http.client import current_client
from leancity.core.tenancy.context import current_tenant

ROOT = "/m/city_problems/open311"
JURISDICTION = "jurisdiction_id"

_HOST = re.compile(r"[a-z0-9.-]+(:\d{1,5})?", re.IGNORECASE | re.ASCII)
_ANSWERS_AT = "select exists (select from tenant_host where tenant_id = $1 and host = any($2::text[]))"


def origin() -> str:
    """Return the address of the city as it was asked for, without a path."""
    host = current_client().host
    if not _HOST.fullmatch(host):  # the door looks at the name only
        host = host.partition(":")[0]
    return f"{'http' if load().is_development else 'https'}://{host}"


async def require_jurisdiction(jurisdiction: str) -> None:
    """Refuse a jurisdiction that is not this city: neither a host of its, with or without ``www.``, nor its name."""
    named = jurisdiction.lower().removeprefix("https://").removeprefix("http://").rstrip("/").partition(":")[0]
    if not jurisdiction or named == current_tenant().slug:
        return
    hosts = [named, named.removeprefix("www."), f"www.{named}"]
    async with tenant_tx() as unit:
        if not await unit.connection.fetchval(_ANSWERS_AT, unit.tenant_id, hosts):
            raise refuse("city_problems.open311_jurisdiction_unknown", JURISDICTION)
