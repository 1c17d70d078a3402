"""A stored file as one on disk, for readers that want a path."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from leancity.core.files.answer import chunks
from leancity.core.files.ranges import Span
from leancity.core.files.store import key_of
from leancity.core.files.tables import StoredFile


@asynccontextmanager
async def fetched(row: StoredFile) -> AsyncIterator[Path]:
    """Have a stored file as one on disk, with its name's ending, until the block ends. It reads the store: outside."""
    with tempfile.NamedTemporaryFile(suffix=Path(row.name).suffix) as file:
        async for chunk in chunks(key_of(row.sha256, row.copy), Span(start=0, length=row.size)):
            file.write(chunk)
        file.flush()
        yield Path(file.name)
