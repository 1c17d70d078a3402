"""The host names that a city answers at. The only writer of them beside the making and the removal of a city."""

from __future__ import annotations

from collections.abc import Iterable

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Problem, Refused, refuse
from leancity.core.identity.principal import acting_as, system
from leancity.core.tenancy.context import enter
from leancity.core.tenancy.service import HOST, find_city

LONGEST = 253  # characters, as the column has it
_LOCK = "select id from tenant where id = $1 for no key update"
_HOSTS = "select host from tenant_host where tenant_id = $1"
_ADD = """
insert into tenant_host (host, tenant_id) select host, $1 from unnest($2::text[]) host
on conflict (host) do nothing returning host
"""
_REMOVE = "delete from tenant_host where tenant_id = $1 and host = any($2::text[])"


async def set_hosts(slug: str, hosts: Iterable[str], *, operator: str = "") -> bool:
    """Let a city answer at just these hosts; return whether that changes anything.

    Refuses none at all, what is no host name, and a host at which another city answers: then nothing is changed.
    """
    wanted = {host.strip().lower() for host in hosts}
    if not wanted:
        raise refuse("required", "hosts")
    wrong = [host for host in sorted(wanted) if len(host) > LONGEST or not HOST.fullmatch(host)]
    if wrong:
        raise Refused(*[Problem(code="host_invalid", field="hosts", params={"host": host}) for host in wrong])
    city = await find_city(slug, "slug")
    with enter(city), acting_as(system(city.locale)):
        async with tenant_tx(write=True) as unit:
            await unit.connection.execute(_LOCK, city.id)
            present = {row["host"] for row in await unit.connection.fetch(_HOSTS, city.id)}
            missing = sorted(wanted - present)
            added = [row["host"] for row in await unit.connection.fetch(_ADD, city.id, missing)]
            if len(added) < len(missing):
                raise refuse("host_taken", "hosts", host=", ".join(sorted({*missing} - {*added})))
            removed = sorted(present - wanted)
            await unit.connection.execute(_REMOVE, city.id, removed)
            if added or removed:
                await record("core.hosts.changed", "tenant", added=added, removed=removed, operator=operator)
    return bool(added or removed)
