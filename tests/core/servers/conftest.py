"""Folders to run servers in. No fixture mocks anything: these tests start real servers and kill them."""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from leancity.core.servers.place import ELSEWHERE
from leancity.core.servers.processes import is_alive

Wait = Callable[[Callable[[], bool], float], float]


@pytest.fixture(scope="module")
def checkout() -> Iterator[Path]:
    """A folder that stands for a checkout and that everybody may enter (pytest's tmp_path is closed to others)."""
    top = Path(tempfile.mkdtemp(prefix="lc-test-"))
    top.chmod(0o755)
    folder = top / "clone"
    folder.mkdir()
    yield folder
    shutil.rmtree(top)
    shutil.rmtree(ELSEWHERE / hashlib.sha256(os.fsencode(folder)).hexdigest()[:16], ignore_errors=True)
    with suppress(OSError):
        ELSEWHERE.rmdir()  # if ours was the only one


@pytest.fixture(scope="module")
def root(checkout: Path) -> Path:
    """A module's state folder, in which its tests run servers one after the other; the first runs initdb."""
    return checkout / ".leancity"


@pytest.fixture(scope="session")
def wait_for() -> Wait:
    """`wait_for(condition, seconds)` returns after how many seconds it held, or fails."""

    def wait(condition: Callable[[], bool], seconds: float) -> float:
        start = time.monotonic()
        while not condition():
            assert time.monotonic() - start < seconds, f"not so within {seconds} s"
            time.sleep(0.02)
        return time.monotonic() - start

    return wait


@pytest.fixture(scope="session")
def gone() -> Callable[[int], bool]:
    """Whether the process of that number has ended (a zombie that nobody has collected yet has)."""

    def is_gone(pid: int) -> bool:
        with suppress(OSError):
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        return not is_alive(pid)

    return is_gone
