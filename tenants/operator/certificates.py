"""Certificates of erased cities, as they are listed."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.tenants.operator.tables import OperatorCertificate


async def certificates(*, limit: int, after: tuple[datetime, uuid.UUID] | None) -> list[OperatorCertificate]:
    """Return certificates, the newest first, that follow the keyset ``after``."""
    async with tenant_tx():
        found = OperatorCertificate.objects()
        if after is not None:
            found = found.where(_before(*after))
        return await found.order_by(OperatorCertificate.erased_at, OperatorCertificate.id, ascending=False).limit(limit)


async def count_certificates() -> int:
    """Return how many there are."""
    async with tenant_tx():
        return int(await OperatorCertificate.count())


def _before(moment: datetime, last: uuid.UUID) -> Any:
    same = (OperatorCertificate.erased_at == moment) & (OperatorCertificate.id < last)
    return (OperatorCertificate.erased_at < moment) | same
