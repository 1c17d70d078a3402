"""What the operator's own place keeps of an erasure: that it was begun, and its certificate."""

from __future__ import annotations

import json
from datetime import datetime

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.tenancy.context import Tenant
from leancity.core.tenancy.elsewhere import in_city
from leancity.core.tenancy.limits import TenantKind
from leancity.core.tenancy.lookup import served_tenants
from leancity.tenants.erasing.certificate import Document
from leancity.tenants.operator.tables import OperatorCertificate


async def operators_place() -> Tenant | None:
    """Return the operator's own place of this installation, None where there is none."""
    return next((each for each in await served_tenants() if each.kind is TenantKind.OPERATOR), None)


async def note_begun(slug: str, reason: str, operator: str) -> None:
    """Record at the operator's place that an erasure was asked for."""

    async def note() -> None:
        async with tenant_tx(write=True):
            await record("operator.erasure.begun", "tenant", city=slug, reason=reason, operator=operator)

    place = await operators_place()
    if place is not None:
        await in_city(place, note)


async def keep(document: Document) -> bool:
    """Keep a certificate at the operator's place, once; tell whether there is such a place."""
    slug, begun_at = document["city"]["slug"], document["begun_at"]

    async def keep_once() -> None:
        async with tenant_tx(write=True):
            for row in await OperatorCertificate.objects().where(OperatorCertificate.slug == slug).lock_rows("UPDATE"):
                if json.loads(row.document)["begun_at"] == begun_at:  # of a run that was killed a moment later
                    return
            row = OperatorCertificate(
                slug=slug,
                title=document["city"]["title"],
                digest=document["digest"],
                document=json.dumps(document, ensure_ascii=False),
                erased_at=datetime.fromisoformat(document["finished_at"]),
            )
            await row.save()
            await record("operator.city.erased", "operator_certificate", row.id, city=slug, digest=document["digest"])

    place = await operators_place()
    if place is not None:
        await in_city(place, keep_once)
    return place is not None
