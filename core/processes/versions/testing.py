"""The second step: a draft becomes what the engine can run, and goes to the test stand.

The normaliser, the lint, the compiler and the trial run of a model are heavy and see nothing of the city: they work
between two units, on what the first has read; the second locks the version and stores what they made of it, unless
somebody has changed it meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Mapping
from typing import Any

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Problem, Refused, refuse
from leancity.core.files.threads import examining
from leancity.core.identity.principal import current_principal
from leancity.core.live.announce import announce
from leancity.core.processes.bpmn.findings import BpmnError, Finding
from leancity.core.processes.bpmn.lint import Known, lint
from leancity.core.processes.bpmn.normalise import normalise
from leancity.core.processes.engine.dry_run import dry_run
from leancity.core.processes.versions.known import known_to
from leancity.core.processes.versions.problems import of_drawing, of_findings
from leancity.core.processes.versions.processes import TOPIC
from leancity.core.processes.versions.rows import changed, find_process, find_version, lock_version
from leancity.core.processes.versions.stages import CHANGE, Stage
from leancity.core.processes.versions.stored import original
from leancity.core.processes.versions.tables import ProcessVersion
from leancity.core.processes.versions.uploading import assumptions_json
from leancity.core.processes.xml import XmlError


async def findings_of(version_id: uuid.UUID) -> tuple[Finding, ...]:
    """Return what the lint says of a version as it would be run; errors keep it from the test stand."""
    async with tenant_tx():
        version = await find_version(version_id)
        known = await known_to(await find_process(version.process_id), version)
    try:
        return await examining(_findings, original(version.xml), version.process_element, known)
    except (BpmnError, XmlError) as error:
        raise Refused(of_drawing(error, "version_id")) from error


async def to_test_stand(version_id: uuid.UUID, expected_version: int | None = None) -> ProcessVersion:
    """Take a draft to the test stand; refuse what is not confirmed, each error of the lint, what does not run."""
    current_principal().require(CHANGE)
    async with tenant_tx():
        version = await find_version(version_id)
        known = await known_to(await find_process(version.process_id), version)
    if expected_version not in (None, version.version):
        raise refuse("process_changed", "expected_version")
    if version.stage != Stage.DRAFT:
        raise refuse("process_not_draft", "version_id", no=version.no)
    executable = await examining(_executable, version, known)
    # In a process of its own with bounds of its own: a model that never ends, or swells, does so there.
    run = await asyncio.to_thread(dry_run, executable, version.process_element)
    if run.code:
        raise Refused(_of_run(run.code, run.element, run.params))
    async with tenant_tx(write=True):
        # The very version that was compiled: forms, decisions and confirmations count into its number.
        locked = await lock_version(version_id, version.version, stages=(Stage.DRAFT,))
        texts = {ProcessVersion.executable: executable, ProcessVersion.names: json.dumps(run.names)}
        await ProcessVersion.update(texts).where(ProcessVersion.id == version_id)
        locked.stage = Stage.TEST.value
        await changed(locked)
        await record("core.process_version.test", "process_version", version_id, no=locked.no)
        await announce(TOPIC, locked.process_id, locked.version)
    return locked


def _findings(data: bytes, process_element: str, known: Known) -> tuple[Finding, ...]:
    return tuple(lint(normalise(data, process_element).xml, process_element, known))


def _executable(version: ProcessVersion, known: Known) -> str:
    data, element = original(version.xml), version.process_element
    try:
        normal = normalise(data, element)
        if json.loads(assumptions_json(normal.assumptions)) != json.loads(version.assumed):
            raise refuse("process_assumptions_changed", "version_id")
        if normal.assumptions and version.confirmed_at is None:
            raise refuse("process_unconfirmed", "version_id", amount=len(normal.assumptions))
        errors = of_findings(lint(normal.xml, element, known))
    except (BpmnError, XmlError) as error:
        raise Refused(of_drawing(error, "version_id")) from error
    if errors:
        raise Refused(*errors)
    return normal.xml.decode()


def _of_run(code: str, element: str, params: Mapping[str, Any]) -> Problem:
    return Problem(code=code, field="version_id", params={"element": element, "title": element, **params})
