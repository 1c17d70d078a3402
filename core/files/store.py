"""The store: bytes under ``<city>/<ab>/<SHA-256>[-<copy>]``, written once and never changed.

A name of bytes is taken up by a second file only under the lock of a row that names them (``core.files.service``);
what is written anew gets a ``copy`` of its own. So whoever removes bytes that no row names can't meet somebody who is
just about to name them.
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Protocol

from leancity.core.config import load
from leancity.core.files.folder import FolderStore
from leancity.core.tenancy.context import current_tenant

S3 = "s3://"


class Store(Protocol):
    """Where bytes are kept. Every method blocks: call it by ``core.files.threads.storing``."""

    def put(self, file: BinaryIO, key: str) -> None:
        """Write all of ``file``; when this returns the bytes survive a power cut, and never lie there half-written."""

    def read(self, key: str, start: int, length: int) -> bytes:
        """Return a range of bytes; raise ``FileNotFoundError`` where there are none."""

    def size(self, key: str) -> int | None:
        """Return how many bytes there are, None where nothing is kept under ``key``."""

    def delete(self, key: str) -> None:
        """Remove bytes; nothing happens where there are none."""

    def pages(self, prefix: str) -> Iterator[list[tuple[str, datetime]]]:
        """Yield the keys below ``prefix/`` and when each was written, some at a time."""

    def tidy(self, prefix: str, before: datetime) -> None:
        """Remove below ``prefix/`` what processes that were killed had half-written ``before`` a moment."""

    def incoming(self) -> Path | None:
        """Return the folder for files that are being received, None for the system's own."""


@lru_cache(maxsize=4)
def _made(files: str, endpoint: str, region: str) -> Store:
    if files.startswith(S3):
        from leancity.core.files.bucket import BucketStore  # boto3 takes 0.3 s to import

        bucket, _, prefix = files.removeprefix(S3).partition("/")
        return BucketStore(bucket, prefix.strip("/"), endpoint=endpoint, region=region)
    return FolderStore(Path(files))


def store() -> Store:
    """Return the store of this installation."""
    config = load()
    return _made(config.files, config.s3_endpoint_url, config.s3_region)


def probe() -> str:
    """Write, read and remove a few bytes; return what went wrong, "" where nothing did."""
    key, content = f".probe/{new_copy()}", b"leancity"
    try:
        store().put(io.BytesIO(content), key)
        found = store().read(key, 0, len(content))
        store().delete(key)
    except Exception as error:  # a store may fail in any way; the operator needs its words
        return f"{type(error).__name__}: {error}"
    return "" if found == content else "what is read is not what was written"


def key_of(sha256: str, copy: str) -> str:
    """Return where bytes of the city being served lie; those of earlier versions have no ``copy``."""
    return f"{current_tenant().slug}/{sha256[:2]}/{sha256}{copy and '-'}{copy}"


def named_by(key: str) -> tuple[str, str]:
    """Return the SHA-256 and the copy of a key."""
    sha256, _, copy = key.rpartition("/")[2].partition("-")
    return sha256, copy


def new_copy() -> str:
    """Return a copy's name that no bytes have."""
    return secrets.token_hex(8)
