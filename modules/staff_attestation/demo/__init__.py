"""A schedule that waits for the personnel office's list; loading it twice changes nothing."""

from __future__ import annotations

from leancity.core.clock.instants import local_day
from leancity.core.db.unit import tenant_tx
from leancity.core.i18n.catalogue import pick
from leancity.core.identity.tables import OrgUnit
from leancity.core.moment import now
from leancity.core.processes.running.begin import begin
from leancity.core.processes.running.tables import ProcessInstance
from leancity.core.processes.versions.tables import Process
from leancity.core.tenancy.context import current_tenant
from leancity.modules.staff_attestation.kinds import SCHEDULE_KEY

TITLE = {"en": "Schedule of attestations, {year}", "ru": "График аттестации на {year} год"}


async def load() -> None:
    """Begin the schedule of this year where the city has none at all."""
    async with tenant_tx():
        process = await Process.objects().get(Process.key == SCHEDULE_KEY)
        if process is None or await ProcessInstance.exists().where(ProcessInstance.process_id == process.id):
            return
        unit = await OrgUnit.select(OrgUnit.id).where(OrgUnit.parent_id.is_null()).order_by(OrgUnit.key).first()
    tenant = current_tenant()
    year = local_day(now(), tenant.zone_info).year
    title = pick(TITLE, tenant.locale).format(year=year)
    await begin(SCHEDULE_KEY, {"year": year}, title=title, unit_id=None if unit is None else unit["id"])
