"""A draft until it goes to the test stand: what is assumed is confirmed, times are filled in, it may be removed."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from leancity.core.audit.log import record
from leancity.core.cases.checks import SHORT
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.files.threads import examining
from leancity.core.identity.principal import current_principal
from leancity.core.live.announce import announce
from leancity.core.moment import now
from leancity.core.processes.bpmn.laid_out import with_metrics
from leancity.core.processes.bpmn.model import Metrics
from leancity.core.processes.versions.processes import TOPIC
from leancity.core.processes.versions.rows import changed, find_version, lock_version
from leancity.core.processes.versions.stages import CHANGE, PREPARED, READ, Stage, VersionKind
from leancity.core.processes.versions.stored import original
from leancity.core.processes.versions.tables import ProcessNode, ProcessVersion
from leancity.core.processes.versions.uploading import add_version, assumptions_json, prepare

CLASSES = ("", "va", "bnva", "nva")
BASES = ("", "norm", "estimate", "measured")


async def confirm_version(version_id: uuid.UUID, expected_version: int | None = None, *, amount: int) -> ProcessVersion:
    """Agree, as the author, to what the normaliser assumes; ``amount`` is how many assumptions were seen."""
    current_principal().require(CHANGE)
    assumed = await assumptions_of(version_id)
    if len(assumed) != amount:
        raise refuse("process_assumptions_changed", "amount")
    async with tenant_tx(write=True):
        version = await lock_version(version_id, expected_version, stages=(Stage.DRAFT,))
        version.assumed, version.confirmed_at = json.dumps(assumed, ensure_ascii=False), now()
        await changed(version)
        await record("core.process_version.confirmed", "process_version", version_id, assumptions=amount)
        await announce(TOPIC, version.process_id, version.version)
    return version


async def assumptions_of(version_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return what is assumed of a version: of a draft as the platform would now, else as it was confirmed."""
    current_principal().require(READ)
    async with tenant_tx():
        version = await find_version(version_id)
    if version.stage == Stage.DRAFT:
        prepared = await prepare(original(version.xml), version.process_element)
        version.assumed = assumptions_json(prepared.assumed)
    found: list[dict[str, Any]] = json.loads(version.assumed)
    return found


async def set_bounds(
    version_id: uuid.UUID,
    starts_at: Sequence[str],
    ends_at: Sequence[str],
    expected_version: int | None = None,
) -> ProcessVersion:
    """Name the nodes with which the lead time of a version begins and ends; refuse what is no node of it."""
    current_principal().require(CHANGE)
    async with tenant_tx(write=True):
        version = await lock_version(version_id, expected_version, stages=(Stage.DRAFT, *PREPARED, Stage.TRIAL))
        rows = await ProcessNode.select(ProcessNode.node_id).where(ProcessNode.version_id == version_id)
        known = {row["node_id"] for row in rows}
        for field, named in (("starts_at", starts_at), ("ends_at", ends_at)):
            if not named:
                raise refuse("required", field)
            for each in named:
                if each not in known:
                    raise refuse("process_node_unknown", field, title=each[:SHORT])
        version.starts_at = json.dumps([*dict.fromkeys(starts_at)])
        version.ends_at = json.dumps([*dict.fromkeys(ends_at)])
        await changed(version)
        await record("core.process_version.bounded", "process_version", version_id, starts=starts_at, ends=ends_at)
        await announce(TOPIC, version.process_id, version.version)
    return version


async def remove_version(version_id: uuid.UUID, expected_version: int | None = None) -> None:
    """Remove a draft with all that belongs to it; whatever has been on the test stand stays."""
    current_principal().require(CHANGE)
    async with tenant_tx(write=True):
        version = await lock_version(version_id, expected_version, stages=(Stage.DRAFT,))
        await ProcessVersion.delete().where(ProcessVersion.id == version_id)
        facts = {"process": version.process_id, "no": version.no, "sha256": version.xml_sha256}
        await record("core.process_version.removed", "process_version", version_id, **facts)
        await announce(TOPIC, version.process_id)


async def save_metrics(version_id: uuid.UUID, metrics: Mapping[str, Metrics]) -> ProcessVersion:
    """Write attributes of nodes into a copy of a drawing and keep it as the next draft; the version itself stays.

    The attributes of a node that is named are replaced by what is given; of others nothing changes.
    """
    current_principal().require(CHANGE)
    async with tenant_tx():
        version = await find_version(version_id)
        rows = await ProcessNode.select(ProcessNode.node_id).where(ProcessNode.version_id == version_id)
    known = {row["node_id"] for row in rows}
    if not metrics:
        raise refuse("required", "nodes")
    for place, (node_id, said) in enumerate(metrics.items()):
        _check(f"nodes.{place}", node_id, said, known)
    data = await examining(with_metrics, original(version.xml), metrics)
    prepared = await prepare(data, version.process_element)
    async with tenant_tx(write=True):
        return await add_version(
            version.process_id, prepared, kind=VersionKind(version.kind), note=version.note, carried_from=version_id
        )


def _check(field: str, node_id: str, said: Metrics, known: set[str]) -> None:
    if node_id not in known:
        raise refuse("process_node_unknown", f"{field}.node_id", title=node_id[:SHORT])
    if said.value_class not in CLASSES:
        raise refuse("case_choice_unknown", f"{field}.value_class", choices=", ".join(CLASSES[1:]))
    if said.basis not in BASES:
        raise refuse("case_choice_unknown", f"{field}.basis", choices=", ".join(BASES[1:]))
    if said.error_rate is not None and not 0 <= said.error_rate <= 1:
        raise refuse("process_share", f"{field}.error_rate")
    for name in (
        "lead_s",
        "processing_s",
        "waiting_s",
        "movement_s",
        "labour_s",
        "capacity_per_day",
        "launches_per_month",
    ):
        value = getattr(said, name)
        if value is not None and not 0 <= value < 1e12:
            raise refuse("process_amount", f"{field}.{name}")
