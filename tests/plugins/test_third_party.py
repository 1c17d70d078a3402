"""A complete third-party plug-in keeps the contract as its own package, and a wrong one stops the start by its name."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from leancity.core.testing.contract import ModuleContract
from leancity.core.testing.doors import PROBES
from tests.plugins.conftest import ROOT, SOURCE, Installed

Mended = Callable[[str, str, str], Installed]

START = "from leancity.core.app import create; create()"
NO_SERVERS = {
    "DATABASE_URL": "postgresql://leancity_app@nowhere/x",
    "REDIS_URL": "redis://nowhere",
    "LEANCITY_SECRET_KEY": "a key that seals nothing but test data",
}
_OUTCOME = re.compile(r"::(\w+)(\[[^\]]*\])? (PASSED|FAILED|SKIPPED|ERROR)")


@pytest.mark.long
def test_its_own_tests_pass_where_it_is_installed(installed: Installed) -> None:
    done = installed.run(
        "-m",
        "pytest",
        *("-c", str(SOURCE / "pyproject.toml"), "--rootdir", str(ROOT), "-v", str(SOURCE / "tests")),
        timeout=600,
        PYTEST_XDIST_WORKER="earthworks",  # a platform of its own, in .leancity/test/earthworks
        EARTHWORKS_INSTALLED_IN=str(installed.site),
        PYTHONDONTWRITEBYTECODE="1",
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    outcomes = [(name + place, result) for name, place, result in _OUTCOME.findall(done.stdout)]
    assert {result for _, result in outcomes} == {"PASSED"}, "a complete plug-in has nothing that could be skipped"
    promises = {name for name in vars(ModuleContract) if name.startswith("test_")}
    kept = {name.partition("[")[0] for name, _ in outcomes} & promises
    assert kept == promises
    doors = {name.partition("[")[2].rstrip("]") for name, _ in outcomes if "a_door_is_open" in name}
    assert doors == set(PROBES)


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (
            "permissions.py",
            '"earthworks.application.read"',
            '"payments.zone.edit"',
            "earthworks: register_permissions: 'payments.zone.edit' must have 3 parts and start with 'earthworks'",
        ),
        (
            "plugin.py",
            "async def case_closing(",
            "async def case_closign(",
            "earthworks: unknown hook 'case_closign' in plugin",
        ),
        pytest.param(
            "service.py",
            "from leancity.core.moment import now",
            "from leancity.core.moments import now",
            "leancity-earthworks 1.0.0: earthworks: ModuleNotFoundError: No module named 'leancity.core.moments'",
            marks=pytest.mark.long,
        ),
        pytest.param(
            "tables.py",
            "class EarthworksBody(TenantTable):",
            'class EarthworksBody(TenantTable, tablename="body"):',
            "earthworks: register_tables: 'body' must start with 'earthworks_'",
            marks=pytest.mark.long,
        ),
        pytest.param(
            "schema.py",
            '@strawberry.type(description="Who applied. Every reading is recorded.")',
            '@strawberry.type(name="Applicant")',
            "earthworks: the GraphQL type 'Applicant' must start with 'Earthworks'",
            marks=pytest.mark.long,
        ),
    ],
    ids=["permission", "hook", "import", "table", "type"],
)
def test_a_wrong_plug_in_stops_the_start_by_its_name(mended: Mended, file: str, old: str, new: str, told: str) -> None:
    done = mended(file, old, new).run("-m", "leancity.core.cli", "web", timeout=60, **NO_SERVERS)
    assert done.returncode == 1
    assert done.stderr.startswith(f"leancity: {told}"), done.stderr
    assert len(done.stderr.splitlines()) == 1, "an operator reads one line, not a traceback"


@pytest.mark.long
def test_the_contract_sees_what_the_start_lets_pass(mended: Mended) -> None:
    mended("README.md", "# Earthworks permits", "Earthworks permits")
    mended("plugin.py", "personal_data=True", "personal_data=False")
    mended("permissions.py", '"ru": "Видеть данные заявителя"', '"ru": " "')
    mended("service.py", '"earthworks.point_invalid"', '"earthworks.no_such_point"')
    mended("kinds.py", 'message="earthworks.soon_due"', 'message="earthworks.too_soon"')
    careless = mended("plugin.py", 'version="1.0.0"', 'version="soon"')
    done = careless.run(
        "-m",
        "pytest",
        *("-c", str(SOURCE / "pyproject.toml"), "--rootdir", str(ROOT), "-v", "-k", "TestEarthworks and not asyncio"),
        str(SOURCE / "tests" / "test_contract.py"),
        PYTHONDONTWRITEBYTECODE="1",
    )
    outcomes = {name: result for name, _, result in _OUTCOME.findall(done.stdout)}
    assert {name for name, result in outcomes.items() if result == "FAILED"} == {
        "test_a_readme_lies_beside_the_plug_in",
        "test_personal_data_is_declared_and_can_be_erased",
        "test_permissions_and_roles_are_titled_in_every_language",
        "test_every_code_has_a_text_in_every_language",
        "test_case_kinds_name_what_exists",
        "test_the_manifest_is_complete",
    }, done.stdout[-3000:]
    assert {name for name, result in outcomes.items() if result == "PASSED"} == {
        "test_it_is_installed_under_its_name",
        "test_names_carry_its_prefix",
        "test_tables_carry_its_prefix_and_belong_to_a_city",
    }


@pytest.mark.long
def test_an_operator_may_leave_it_out(mended: Mended) -> None:
    broken = mended("permissions.py", '"earthworks.application.read"', '"payments.zone.edit"')
    done = broken.run("-c", START, timeout=60, LEANCITY_MODULES="city_problems", **NO_SERVERS)
    assert done.returncode == 0, done.stderr


def test_the_source_has_the_furniture_of_a_module() -> None:
    package = SOURCE / "leancity_earthworks"
    rooms = "plugin tables piccolo_app service schema permissions settings kinds jobs routes imports demo/__init__"
    missing = [name for name in rooms.split() if not (package / f"{name}.py").is_file()]
    assert missing == []
    assert len((SOURCE / "tests" / "test_contract.py").read_text("utf-8").split("\n\n\n")[1].strip().splitlines()) == 2
    assert not list(Path(package).rglob("conftest.py")), "the contract needs none"
