"""How other commands find the servers that `leancity up` has started: a file in its state, while it runs.

It holds passwords and is readable by its owner only.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from leancity.core.config import load

LENT = (
    "DATABASE_URL",
    "DATABASE_MIGRATE_URL",
    "REDIS_URL",
    "LEANCITY_FILES",
    "S3_ENDPOINT_URL",
    "S3_REGION",
    "LEANCITY_SECRET_KEY",
    "LEANCITY_ENVIRONMENT",
    "LEANCITY_LOG",
    "LEANCITY_OUTGOING_PRIVATE",
)


@contextmanager
def lent(environment: Mapping[str, str]) -> Iterator[None]:
    """Let commands of this checkout use the running servers until the block ends."""
    path = _path()
    path.unlink(missing_ok=True)  # of a killed `up`
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump({name: environment[name] for name in LENT if name in environment}, file)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def borrow() -> None:
    """Use the servers of a running `leancity up` where the environment names no database."""
    path = _path()
    if not os.environ.get("DATABASE_URL") and os.access(path, os.R_OK):
        for name, value in json.loads(path.read_text()).items():
            os.environ.setdefault(name, value)


def _path() -> Path:
    return load().state / "running.json"
