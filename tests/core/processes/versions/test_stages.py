"""How far a version is follows from what people said and did."""

from __future__ import annotations

import uuid
from datetime import datetime

import pytest

from leancity.core.moment import now
from leancity.core.processes.versions.batches import key_of_name
from leancity.core.processes.versions.stages import Stage, Subject, prepared_stage
from leancity.core.processes.versions.stored import original, stored
from leancity.core.processes.versions.tables import ProcessAgreement, ProcessMeasure

_ID = uuid.uuid4()


def _said(*states: str) -> list[ProcessAgreement]:
    return [
        ProcessAgreement(tenant_id=1, version_id=_ID, user_id=_ID, subject=subject, state=state, asked_at=now())
        for subject, state in zip(Subject, states, strict=False)
    ]


def _measure(done_at: datetime | None) -> ProcessMeasure:
    return ProcessMeasure(tenant_id=1, version_id=_ID, title="Instruct", done_at=done_at)


@pytest.mark.parametrize(
    ("agreements", "measures", "stage"),
    [
        ([], [], Stage.TEST),
        (_said("agreed"), [], Stage.TEST),
        (_said("agreed", "asked"), [], Stage.TEST),
        (_said("agreed", "refused"), [], Stage.TEST),
        (_said("agreed", "agreed"), [], Stage.AGREED),
        (_said("agreed", "agreed"), [_measure(None)], Stage.AGREED),
        (_said("agreed", "agreed"), [_measure(now())], Stage.ORGANISED),
        (_said("agreed", "asked"), [_measure(now())], Stage.TEST),
    ],
)
def test_a_stage_follows(agreements: list[ProcessAgreement], measures: list[ProcessMeasure], stage: Stage) -> None:
    assert prepared_stage(agreements, measures) is stage


@pytest.mark.parametrize("data", ["<a>Ё</a>".encode(), "<a>Ё</a>".encode("cp1251"), "<a/>".encode("utf-16-le"), b""])
def test_bytes_come_back(data: bytes) -> None:
    assert original(stored(data)) == data
    assert "\0" not in stored(data)


def test_a_file_of_any_name_has_one_key() -> None:
    assert key_of_name("Permit No. 5.bpmn") == "permit_no_5"
    assert key_of_name("Разрешение.bpmn") == key_of_name("разрешение.bpmn") != key_of_name("Отказ.bpmn")
    assert key_of_name("5.bpmn").startswith("file_")
