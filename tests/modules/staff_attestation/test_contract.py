"""The module keeps the promises of every module, and its drawings those of the profile."""

from pathlib import Path

from leancity.core.testing.contract import ModuleContract
from leancity.core.testing.platform import Platform
from leancity.modules.staff_attestation import processes


class TestStaffAttestation(ModuleContract):
    module = "staff_attestation"


def test_its_drawings_pass_the_check(platform: Platform) -> None:
    files = [str(Path(each.path)) for each in (processes.SCHEDULE, processes.ATTESTATION)]
    done = platform.command("bpmn", "check", *files)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("run to the first wait") == 2
