"""One set of counters for several web processes: each counts in files of a shared folder, whoever is asked adds up.

The library decides how it counts when it is imported, so the command starts itself anew with the variable set.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from leancity.core.telemetry.metrics import FOLDER


@contextmanager
def counting_together(processes: int) -> Iterator[None]:
    """Let the ``processes`` that are started in the block count together; a single one counts for itself."""
    if processes > 1 and FOLDER not in os.environ:
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="leancity-metrics-")
        sys.stdout.flush()
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - this very command, in this very process
    folder = os.environ.get(FOLDER)
    if folder is None:
        yield
        return
    _empty(Path(folder))
    try:
        yield
    finally:
        _empty(Path(folder))
        with suppress(OSError):
            Path(folder).rmdir()


def _empty(folder: Path) -> None:
    """Remove what processes of another start have counted, and the first of this one, which serves nothing."""
    for file in folder.glob("*.db"):
        file.unlink(missing_ok=True)
