"""Archives that only the holder of a key can read: the age format, streamed through a thread.

The library pulls from a reader and pushes into a writer; we do the same at the other end of a pipe. An error there is
raised here, and one here ends the thread: the pipe breaks.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import pyrage

from leancity.core.errors import refuse
from leancity.tenants.archive.tar import Readable

MARK = b"age-encryption.org/"
_ERRORS = (OSError, pyrage.DecryptError, pyrage.EncryptError)


def recipients_of(texts: Sequence[str]) -> list[Any]:
    """Return those who will be able to read, by their ``age1…``; refuse what is none."""
    found = []
    for text in texts:
        try:
            found.append(pyrage.x25519.Recipient.from_str(text.strip()))
        except (pyrage.RecipientError, ValueError) as error:
            raise refuse("archive_recipient_invalid", "recipient", recipient=text) from error
    return found


def identities_of(path: Path) -> list[Any]:
    """Return the secret keys in a file as ``age-keygen`` writes it; refuse one without any."""
    try:
        lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
        found = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except (OSError, ValueError, pyrage.IdentityError) as error:
        raise refuse("archive_identity_invalid", "identity") from error
    if not found:
        raise refuse("archive_identity_invalid", "identity")
    return found


def is_encrypted(path: Path) -> bool:
    """Tell whether a file is encrypted."""
    with path.open("rb") as file:
        return file.read(len(MARK)) == MARK


@contextmanager
def encrypting(out: BinaryIO, recipients: Sequence[Any]) -> Iterator[BinaryIO]:
    """Yield a file into which one writes what ``out`` shall hold encrypted."""
    read_end, write_end = os.pipe()
    beside = _Beside(lambda: _encrypt(read_end, out, recipients))
    try:
        # Where the pipe breaks, the thread knows why.
        with suppress(BrokenPipeError), os.fdopen(write_end, "wb") as plain:
            yield plain
    finally:
        beside.join()
    beside.check()


def _encrypt(read_end: int, out: BinaryIO, recipients: Sequence[Any]) -> None:
    with os.fdopen(read_end, "rb") as source:
        pyrage.encrypt_io(source, out, recipients)


@contextmanager
def decrypting(source: BinaryIO, identities: Sequence[Any]) -> Iterator[Readable]:
    """Yield a file from which one reads what ``source`` holds encrypted; what was read to its end is whole.

    Reading refuses where the keys don't fit or the bytes were changed.
    """
    read_end, write_end = os.pipe()
    beside = _Beside(lambda: _decrypt(source, write_end, identities))
    try:
        with os.fdopen(read_end, "rb") as plain:
            yield _Checked(plain, beside)
    finally:
        beside.join()


def _decrypt(source: BinaryIO, write_end: int, identities: Sequence[Any]) -> None:
    with os.fdopen(write_end, "wb") as out:
        pyrage.decrypt_io(source, out, identities)


class _Beside:
    """Work in a thread, and the error that it ended with."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="age", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._work()
        except _ERRORS as error:
            self._error = error

    def join(self) -> None:
        self._thread.join()

    def check(self) -> None:
        match self._error:
            case None:
                return
            case pyrage.EncryptError():
                raise refuse("archive_unwritable", "to", reason=str(self._error)) from self._error
            case pyrage.DecryptError():
                raise refuse("archive_locked", "identity") from self._error
        raise refuse("archive_truncated", "file") from self._error


class _Checked:
    """The reading end of a pipe; at its end it tells whether that is the end of what was to come."""

    def __init__(self, plain: BinaryIO, beside: _Beside) -> None:
        self._plain = plain
        self._beside = beside

    def read(self, size: int = -1, /) -> bytes:
        content = self._plain.read(size)
        if not content:
            self._beside.join()
            self._beside.check()
        return content
