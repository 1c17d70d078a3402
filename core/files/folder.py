"""The store in a folder of this machine, or one that all machines of the installation share."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

PARTIAL = ".partial-"
INCOMING = ".incoming"  # no city is called so
PAGE = 500


class FolderStore:
    """Files under their keys. One that is being written has another name, and the name comes last."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, file: BinaryIO, key: str) -> None:
        path = self._root / key
        _make(path.parent)
        handle, partial = tempfile.mkstemp(prefix=PARTIAL, dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as out:
                file.seek(0)
                shutil.copyfileobj(file, out, 1 << 20)
                out.flush()
                os.fsync(out.fileno())
            os.replace(partial, path)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(partial)
            raise
        _sync(path.parent)

    def read(self, key: str, start: int, length: int) -> bytes:
        with (self._root / key).open("rb") as file:
            return os.pread(file.fileno(), length, start)

    def size(self, key: str) -> int | None:
        try:
            return (self._root / key).stat().st_size
        except FileNotFoundError:
            return None

    def delete(self, key: str) -> None:
        (self._root / key).unlink(missing_ok=True)

    def pages(self, prefix: str) -> Iterator[list[tuple[str, datetime]]]:
        page: list[tuple[str, datetime]] = []
        for path, written in self._files(prefix):
            if not path.name.startswith(PARTIAL):
                page.append((path.relative_to(self._root).as_posix(), written))
            if len(page) == PAGE:
                yield page
                page = []
        if page:
            yield page

    def tidy(self, prefix: str, before: datetime) -> None:
        for path, written in self._files(prefix):
            if path.name.startswith(PARTIAL) and written < before:
                path.unlink(missing_ok=True)

    def incoming(self) -> Path | None:
        folder = self._root / INCOMING
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _files(self, prefix: str) -> Iterator[tuple[Path, datetime]]:
        for path in (self._root / prefix).glob("*/*"):
            with suppress(FileNotFoundError):  # removed meanwhile
                yield path, datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _make(folder: Path) -> None:
    """Make a folder so that it survives a power cut: its name is kept by the folder above."""
    if folder.is_dir():
        return
    _make(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir()
    _sync(folder.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
