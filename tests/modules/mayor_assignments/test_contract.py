"""The module keeps the promises of every module, and its drawings pass what every drawing is asked."""

from __future__ import annotations

import pytest

from leancity.core.processes.bpmn.checking import check_file
from leancity.core.testing.contract import ModuleContract
from leancity.modules.mayor_assignments.processes import ASSIGNMENT, PROTOCOL


class TestMayorAssignments(ModuleContract):
    module = "mayor_assignments"


@pytest.mark.parametrize("process", [ASSIGNMENT, PROTOCOL], ids=lambda each: each.key)
def test_a_drawing_runs_to_its_first_wait(process: object) -> None:
    checked = check_file(process.path.read_bytes())  # type: ignore[attr-defined]
    assert checked.is_passed, checked
    (only,) = checked.processes
    assert not only.assumed and not only.warnings
