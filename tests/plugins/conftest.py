"""A third party's plug-in, built and installed as its author's users would, without touching this environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SOURCE = HERE / "leancity_earthworks"
PACKAGE = "leancity_earthworks"

collect_ignore = [PACKAGE]  # its tests are run by `test_third_party`, on the installed package


@dataclass(frozen=True, kw_only=True)
class Installed:
    """A folder with the plug-in beside its metadata, as ``site-packages`` would hold them."""

    site: Path

    def run(self, *arguments: str, timeout: float = 300, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run ``python …`` where the plug-in is installed, with nothing of this test run's environment.

        ``-P`` keeps the working folder off the path: the plug-in must come from ``site``.
        """
        ours = ("LEANCITY_", "DATABASE_", "REDIS_", "PYTEST_", "PYTHON")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return subprocess.run(
            [sys.executable, "-P", *arguments],
            env={**inherited, "PYTHONPATH": str(self.site), **environment},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The plug-in, built from a copy of its source: a build leaves its traces there."""
    folder = tmp_path_factory.mktemp("earthworks")
    shutil.copytree(
        SOURCE, folder / "source", ignore=shutil.ignore_patterns("tests", "__pycache__", "build", "*.egg-info")
    )
    offline = [
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--no-compile",
        "--disable-pip-version-check",
        "--quiet",
    ]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *offline, "--target", str(folder / "site"), str(folder / "source")],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return Installed(site=folder / "site")


@pytest.fixture
def mended(installed: Installed, tmp_path: Path) -> Callable[[str, str, str], Installed]:
    """``mended(file, old, new)``: the plug-in with one text of one file exchanged; a second call exchanges more."""

    def exchange(file: str, old: str, new: str) -> Installed:
        if not (tmp_path / "site").exists():
            shutil.copytree(installed.site, tmp_path / "site")
        path = tmp_path / "site" / PACKAGE / file
        text = path.read_text("utf-8")
        assert old in text, f"{file} has no {old!r} any more: mend this test"
        path.write_text(text.replace(old, new), "utf-8")
        return Installed(site=tmp_path / "site")

    return exchange
