"""Putting a model into work in a test: read, normalised and compiled by the real parts, its rows written directly.

The five steps of publishing have tests of their own (``tests/core/processes/versions``); what runs needs the rows only.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.moment import now
from leancity.core.processes.bpmn.model import ProcessModel
from leancity.core.processes.bpmn.normalise import normalise
from leancity.core.processes.bpmn.reader import read
from leancity.core.processes.engine.compile import compile_process
from leancity.core.processes.versions.tables import (
    LaneBinding,
    Process,
    ProcessDecision,
    ProcessForm,
    ProcessNode,
    ProcessVersion,
)
from leancity.core.testing.city import City

NAMESPACES = (
    'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:lean="http://lean-smart-city.example/bpmn/1" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)


def drawing(process: str, *, process_id: str = "work", extra: str = "", attributes: str = "") -> bytes:
    """Return a BPMN file with one process of these elements; ``extra``: messages and the like beside it."""
    return (
        f'<bpmn:definitions {NAMESPACES} targetNamespace="http://lean-smart-city.example/tests">{extra}'
        f'<bpmn:process id="{process_id}" name="Work" isExecutable="true" {attributes}>{process}</bpmn:process>'
        "</bpmn:definitions>"
    ).encode()


async def publish(
    city: City,
    xml: bytes | Path,
    key: str,
    *,
    mark: str = "production",
    case_kind: str = "core.process",
    owner_id: uuid.UUID | None = None,
    lanes: Mapping[str, Mapping[str, Any]] | None = None,
    forms: Mapping[str, Mapping[str, Any]] | None = None,
    decisions: Mapping[str, str] | None = None,
    starts_at: Sequence[str] = (),
    ends_at: Sequence[str] = (),
) -> ProcessVersion:
    """Make a drawing the version of process ``key`` that new cases take; ``mark``: production, trial or test.

    ``lanes``: the columns of ``LaneBinding`` by the lane's name. ``forms``: JSON Schemas, ``decisions``: DMN, by key.
    ``starts_at``, ``ends_at``: the nodes that bound its lead time, () its first and last events.
    """
    data = xml.read_bytes() if isinstance(xml, Path) else xml  # noqa: ASYNC240 - a small file of a test
    model = read(data).processes[0]
    executable = normalise(data, model.id).xml.decode()
    program = compile_process(executable, model.id, None)
    async with city.serving(), tenant_tx(write=True):
        process = await Process.objects().where(Process.key == key).first()
        if process is None:
            process = Process(key=key, title=model.title or key, case_kind=case_kind, created_at=now())
            process.owner_id = owner_id
            await process.save()
        version = ProcessVersion(
            process_id=process.id,
            no=1 + await ProcessVersion.count().where(ProcessVersion.process_id == process.id),
            kind="to_be",
            stage=mark,
            xml=data.decode(),
            xml_sha256=hashlib.sha256(data).hexdigest(),
            process_element=model.id,
            executable=executable,
            names=json.dumps(list(program.names)),
            starts_at=json.dumps([*starts_at]),
            ends_at=json.dumps([*ends_at]),
            created_at=now(),
            published_at=now(),
        )
        await version.save()
        await _nodes(version, model)
        if mark == "production":
            process.before_id, process.production_id = process.production_id, version.id
        elif mark == "trial":
            process.trial_id = version.id
        await process.save()
        for lane, columns in (lanes or {}).items():
            await LaneBinding.delete().where((LaneBinding.process_id == process.id) & (LaneBinding.lane == lane))
            await LaneBinding(process_id=process.id, lane=lane, **columns).save()
        for name, schema in (forms or {}).items():
            await ProcessForm(version_id=version.id, key=name, title=name, data_schema=json.dumps(schema)).save()
        for name, dmn in (decisions or {}).items():
            await ProcessDecision(version_id=version.id, key=name, title=name, xml=dmn).save()
    return version


async def _nodes(version: ProcessVersion, model: ProcessModel) -> None:
    for place, node in enumerate(model.nodes):
        metrics = node.metrics
        await ProcessNode(
            version_id=version.id,
            node_id=node.id,
            type=node.type,
            title=node.title,
            lane=node.lane,
            parent=node.parent,
            place=place,
            lead_s=metrics and metrics.lead_s,
            processing_s=metrics and metrics.processing_s,
            waiting_s=metrics and metrics.waiting_s,
            labour_s=metrics and metrics.labour_s,
            value_class=metrics.value_class if metrics else "",
            basis=metrics.basis if metrics else "",
        ).save()
