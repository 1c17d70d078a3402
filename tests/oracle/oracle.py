"""PM4Py as an oracle: an environment of its own, made once and kept, and a process of its own for each question."""

from __future__ import annotations

import fcntl
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
LOCK = HERE / "requirements.lock"
KEPT = HERE.parents[1] / ".leancity" / "oracle"
FETCH_SECONDS, ASK_SECONDS = 900, 300


def python() -> Path:
    """Return the oracle's interpreter; its packages are fetched once. Skip where they can't be."""
    folder = KEPT / hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            _make(folder)
    return folder / "bin" / "python"


def ask(**asked: Any) -> dict[str, Any]:
    """Return what the oracle answers; what may be asked ``answers.py`` says."""
    done = subprocess.run(
        [python(), HERE / "answers.py"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=ASK_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _make(folder: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    commands: tuple[list[str | Path], ...] = (
        [uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder],
        [uv, "pip", "install", "--quiet", "--python", folder / "bin" / "python", "--require-hashes", "-r", LOCK],
    )
    for command in commands:
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=FETCH_SECONDS)
        except (OSError, subprocess.SubprocessError) as error:
            told = getattr(error, "stderr", None) or str(error)
            pytest.skip(f"the oracle's packages can't be fetched: {str(told).strip()[-300:]}")
    (folder / "made").touch()
