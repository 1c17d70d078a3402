"""What stands in an archive, in this order; every part is named by its place, so none comes twice.

``city.json``                        what the city is, and what will follow (``CityFacts``)
``tables/<table>/<nnnnnn>.jsonl``    rows by id (``core.db.rows``), tables as they are filled, append-only ones last
``directory/<table>/<nnnnnn>.jsonl`` what leads to the city: its hosts, modules, keys and waiting jobs
``secrets/<table>/<nnnnnn>.jsonl``   ``[id, column, value]`` of what a vault seals; in an encrypted archive only
``files/<ab>/<SHA-256>[-<copy>]``    bytes as the store keeps them, by name
``manifest.json``                    counts and checksums of all that (``Manifest``)
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

import msgspec

from leancity.core.tenancy.limits import Limits, TenantKind

FORMAT = 1
CITY, MANIFEST = "city.json", "manifest.json"
TABLES, DIRECTORY, SECRETS, FILES = "tables", "directory", "secrets", "files"
LARGEST_LIST = 4 << 20  # bytes of city.json and manifest.json
LARGEST_PIECE = 64 << 20  # bytes of rows in one part
LARGEST_ROW = 48 << 20  # bytes of a row
ROWS, BYTES = 2000, 2 << 20  # a part of rows ends after so many, or so much

PIECE = re.compile(r"(tables|directory|secrets)/([a-z][a-z0-9_]{0,62})/(\d{6})\.jsonl")
FILE = re.compile(r"files/([0-9a-f]{2})/(\1[0-9a-f]{62})(?:-([0-9a-z]{1,16}))?")


class TableFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table's columns in the order of its rows' cells (the id first), and how many rows follow."""

    name: str
    columns: tuple[str, ...]
    rows: int


class CityFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The city, without anything that means something in one installation only.

    ``is_copy``: a living city was copied, so its waiting jobs are not to run a second time. ``with_secrets``: the
    values of sealed columns are within.
    """

    format: int
    platform: str
    exported_at: datetime
    slug: str
    title: str
    zone: str
    locale: str
    kind: TenantKind
    region: str | None
    revision: int
    plan: str
    limits: Limits
    created_at: datetime | None
    hosts: tuple[str, ...]
    modules: dict[str, str]
    is_copy: bool
    with_secrets: bool
    tables: tuple[TableFacts, ...]
    files: int


class Sum(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many rows, and the SHA-256 over their lines, each ended by a line feed."""

    rows: int
    sha256: str


class FileSum(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many files and bytes, and the SHA-256 over their names, each ended by a line feed."""

    files: int
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The sums of all that is before it. ``city`` is the SHA-256 of city.json.

    ``left_out`` counts by table the sealed values that an unencrypted archive has not.
    """

    city: str
    tables: dict[str, Sum]
    directory: dict[str, Sum]
    secrets: dict[str, Sum]
    files: FileSum
    left_out: dict[str, int]

    @property
    def digest(self) -> str:
        """The SHA-256 over all, to be compared by people."""
        return hashlib.sha256(encoded(self)).hexdigest()

    @property
    def rows(self) -> int:
        return sum(each.rows for each in self.tables.values())


class Summing:
    """Rows being counted and summed up."""

    def __init__(self) -> None:
        self.rows = 0
        self._digest = hashlib.sha256()

    def add(self, content: bytes, rows: int) -> None:
        """Take in whole lines."""
        self._digest.update(content)
        self.rows += rows

    def sum(self) -> Sum:
        return Sum(rows=self.rows, sha256=self._digest.hexdigest())


def encoded(facts: CityFacts | Manifest) -> bytes:
    """Return the one form in which they are written."""
    return msgspec.json.encode(facts, order="sorted")


def piece_name(section: str, table: str, number: int) -> str:
    """Return the name of a part of rows, counted from 1."""
    return f"{section}/{table}/{number:06}.jsonl"


def file_name(sha256: str, copy: str) -> str:
    """Return the name of a file's part; its end is that of the key in the store."""
    return f"{FILES}/{sha256[:2]}/{sha256}{copy and '-'}{copy}"
