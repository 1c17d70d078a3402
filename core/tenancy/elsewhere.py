"""Working in another city than the one being served: as the platform itself, through the one door."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from typing import TypeVar

from leancity.core.audit.desk import passage
from leancity.core.identity.principal import acting_as, system
from leancity.core.log import current_request_id, request_ids
from leancity.core.tenancy.context import Tenant, enter

T = TypeVar("T")


async def in_no_city(work: Callable[[], Awaitable[T]]) -> T:
    """Do ``work``, which enters cities by itself, outside of the one being served, and return its result.

    For what the operator asks of the directory from the operator's own place; call it outside a unit of work.
    """
    request_id = current_request_id()

    async def left() -> T:
        with request_ids(request_id, ""):
            return await work()

    return await asyncio.create_task(left(), context=contextvars.Context())


async def in_city(tenant: Tenant, work: Callable[[], Awaitable[T]]) -> T:
    """Do ``work`` in ``tenant`` as the platform and return its result.

    It runs in a context of its own: no city, no person, no unit of work of the caller's; only the id of the request or
    job goes along into the logs. Call it outside a unit of work: it takes a connection of its own.
    """
    request_id = current_request_id()

    async def entered() -> T:
        with request_ids(request_id, "", city=tenant.slug), enter(tenant), acting_as(system(tenant.locale)):
            async with passage():
                return await work()

    return await asyncio.create_task(entered(), context=contextvars.Context())
