"""Every job that this installation can run, by name: the kernel's and the plug-ins'."""

from __future__ import annotations

import uuid
from functools import cache
from typing import Any

from leancity.core.cases.terms import escalate
from leancity.core.clock.city import READINGS
from leancity.core.customs.service import HAND_DOWN
from leancity.core.figures.publishing import PUBLISH_MONTH, publish_month
from leancity.core.figures.sending import SEND as SEND_FIGURES
from leancity.core.figures.sending import send as send_figures
from leancity.core.files.pruning import JOB as PRUNE_FILES
from leancity.core.files.pruning import prune_files
from leancity.core.identity.code_sending import send_code
from leancity.core.identity.codes import JOB as SEND_CODE
from leancity.core.identity.erasure import JOB, erase_part
from leancity.core.jobs.retention import JOB as PRUNE_JOBS
from leancity.core.jobs.retention import prune
from leancity.core.jobs.schedules import JOB as SCHEDULE
from leancity.core.jobs.schedules import tick
from leancity.core.mail.post import JOB as MAIL
from leancity.core.mail.send import send_mail
from leancity.core.notifications.asking import JOB as NOTIFY
from leancity.core.notifications.notify import SEND, SEND_DIGEST, notify, notify_of
from leancity.core.notifications.pruning import PRUNE, prune_notifications
from leancity.core.notifications.sending import ATTEMPTS, send_digest, send_notification
from leancity.core.notifications.subjects import JOB as NOTIFY_OF
from leancity.core.plugins.contributions import Job
from leancity.core.plugins.gate import require_open
from leancity.core.plugins.manager import installed_modules
from leancity.core.processes.figures.logs.importing import JOB as IMPORT_LOG
from leancity.core.processes.figures.logs.importing import import_log
from leancity.core.processes.figures.readings import recompute_readings
from leancity.core.processes.registry.importing.runs import JOB as IMPORT_REGISTRY
from leancity.core.processes.registry.importing.runs import import_file as import_registry_file
from leancity.core.processes.reports.making import make_report
from leancity.core.processes.reports.plans import follow_plans
from leancity.core.processes.reports.states import JOB as OWNER_REPORT
from leancity.core.processes.reports.states import PLAN_JOB as OWNER_REPORTS
from leancity.core.processes.running.jobs import JOBS as PROCESS_JOBS
from leancity.core.processes.running.move_job import move_all
from leancity.core.processes.running.move_runs import JOB as MOVE_INSTANCES
from leancity.core.processes.versions.batches import JOB as READ_DRAWINGS
from leancity.core.processes.versions.batches import read_drawings
from leancity.core.settings.region import hand_down


async def _deliver(payload: dict[str, Any]) -> None:
    """Hand a listener event to one module. A module that was left meanwhile keeps the event waiting."""
    module = payload["module"]
    require_open(module)
    arguments = {name: _restore(name, value) for name, value in payload["payload"].items()}
    await installed_modules().call(payload["event"], module, **arguments)


def _restore(name: str, value: Any) -> Any:
    return uuid.UUID(value) if name.endswith("_id") else value


@cache
def jobs() -> dict[str, Job]:
    """Return the jobs of this process."""
    kernel = (
        Job(name="core.deliver", run=_deliver),
        Job(name=SCHEDULE, run=tick),
        Job(name=PRUNE_JOBS, run=prune),
        Job(name="core.case_escalate", run=escalate),
        Job(name=JOB, run=erase_part),
        Job(name=MAIL, run=send_mail, is_outside=True),
        Job(name=SEND_CODE, run=send_code, is_outside=True, is_private=True),
        Job(name=NOTIFY, run=notify),
        Job(name=NOTIFY_OF, run=notify_of),
        Job(name=SEND, run=send_notification, max_attempts=ATTEMPTS, is_outside=True),
        Job(name=SEND_DIGEST, run=send_digest, max_attempts=ATTEMPTS, is_outside=True),
        Job(name=PRUNE, run=prune_notifications),
        Job(name=PRUNE_FILES, run=prune_files, is_outside=True),
        Job(name=HAND_DOWN, run=hand_down, is_outside=True),
        Job(name=PUBLISH_MONTH, run=publish_month),
        Job(name=SEND_FIGURES, run=send_figures, is_outside=True),
        *PROCESS_JOBS,
        Job(name=MOVE_INSTANCES, run=move_all, is_outside=True),
        Job(name=READ_DRAWINGS, run=read_drawings, is_outside=True),
        Job(name=IMPORT_LOG, run=import_log, is_outside=True),
        Job(name=IMPORT_REGISTRY, run=import_registry_file, is_outside=True),
        Job(name=OWNER_REPORT, run=make_report, is_outside=True),
        Job(name=OWNER_REPORTS, run=follow_plans),
        Job(name=READINGS, run=recompute_readings),
    )
    return {**{job.name: job for job in kernel}, **installed_modules().jobs}
