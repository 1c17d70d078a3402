"""What the matrix asks about forwarding: a body to whom a report was forwarded, which is the city's own Open311."""

from __future__ import annotations

import uuid

from leancity.core.db.unit import tenant_tx
from leancity.core.moment import now
from leancity.core.tenancy.hosts import set_hosts
from leancity.core.testing.city import City
from leancity.modules.city_problems.forwarding.endpoints import EndpointCard, save_endpoint
from leancity.modules.city_problems.forwarding.sending import THERE
from leancity.modules.city_problems.forwarding.tables import CityProblemsForwarding
from tests.security.actors import within_city


async def forward_there(city: City, case_id: uuid.UUID) -> None:
    """Make the endpoint ``region``, to which a report was forwarded."""
    host = f"{city.tenant.slug}.localhost"
    await set_hosts(city.tenant.slug, [city.host, host])
    url = f"http://{host}:{city.platform.port}/m/city_problems/open311/v2"
    async with within_city(city), tenant_tx(write=True):
        endpoint = await save_endpoint(EndpointCard(key="region", title="Region", url=url, services={"pothole": "1"}))
        row = CityProblemsForwarding(
            case_id=case_id, endpoint_id=endpoint.id, service_code="1", state=THERE, remote_id="A-1", asked_at=now()
        )
        await row.save()
