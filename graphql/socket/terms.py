"""What a socket may ask of us, and how long what takes."""

from __future__ import annotations

from dataclasses import dataclass

from leancity.graphql.http import MAX_BODY


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Seconds and counts; sockets are counted in one process.

    ``blind``: how long a socket stays open without anybody being able to tell whether it still may.
    """

    message_bytes: int = MAX_BODY
    operations: int = 20
    sockets: int = 1_000
    sockets_of_credential: int = 20
    sockets_of_stranger: int = 100

    init: float = 5
    keep_alive: float = 25
    watch: float = 1
    blind: float = 5
    goodbye: float = 1
