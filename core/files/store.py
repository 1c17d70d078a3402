"""The store: bytes under their own SHA-256, in a folder per city. Written once, never changed."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from leancity.core.config import load
from leancity.core.tenancy.context import current_tenant


def put(content: bytes) -> str:
    """Store ``content`` for the city being served and return its SHA-256; a second copy is the first."""
    name = hashlib.sha256(content).hexdigest()
    path = _path(name)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(partial).replace(path)  # a half-written file never has the name
    return name


def path_of(sha256: str) -> Path:
    """Return where the bytes of a stored file lie."""
    return _path(sha256)


def _path(sha256: str) -> Path:
    return load().files / current_tenant().slug / sha256[:2] / sha256
