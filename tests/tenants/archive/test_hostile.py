"""What is no archive of a city, or not one that fits, is refused with its reason, and nothing is left of it."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyrage
import pytest

from leancity.core.errors import Refused
from tests.tenants.archive.conftest import Elsewhere, Full, exported, imported, paths, refused

Parts = dict[str, bytes]


class Forgery:
    """An archive taken apart, to be changed and put together again, with all its sums right where ``honest``."""

    def __init__(self, archive: Path) -> None:
        with tarfile.open(archive) as tar:
            self.parts: Parts = {info.name: tar.extractfile(info).read() for info in tar}  # type: ignore[union-attr]

    def lines(self, table: str) -> list[list[Any]]:
        return [json.loads(line) for line in self.parts[f"tables/{table}/000001.jsonl"].split(b"\n")[:-1]]

    def put(self, table: str, rows: list[list[Any]]) -> None:
        text = "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
        self.parts[f"tables/{table}/000001.jsonl"] = text.encode()

    def cell(self, table: str, column: str, value: str | None) -> None:
        """Change one cell of a table's first row."""
        rows = self.lines(table)
        rows[0][self.columns(table).index(column)] = value
        self.put(table, rows)

    def columns(self, table: str) -> list[str]:
        found: list[str] = next(each for each in self.city()["tables"] if each["name"] == table)["columns"]
        return found

    def city(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.parts["city.json"])
        return found

    def change(self, **facts: Any) -> None:
        self.parts["city.json"] = json.dumps({**self.city(), **facts}).encode()

    def add_up(self) -> None:
        """Let the manifest tell what is in the parts now."""
        manifest, city = json.loads(self.parts.pop("manifest.json")), self.city()
        for section in ("tables", "directory", "secrets"):
            for table, told in manifest[section].items():
                pieces = [c for n, c in self.parts.items() if n.startswith(f"{section}/{table}/")]
                told.update(rows=sum(c.count(b"\n") for c in pieces), sha256=sha256(b"".join(pieces)).hexdigest())
        for table in city["tables"]:
            table["rows"] = manifest["tables"][table["name"]]["rows"]
        files = {name: content for name, content in self.parts.items() if name.startswith("files/")}
        self.change(tables=city["tables"], files=len(files))
        manifest["files"] = {
            "files": len(files),
            "bytes": sum(len(content) for content in files.values()),
            "sha256": sha256("".join(f"{name}\n" for name in files).encode()).hexdigest(),
        }
        manifest["city"] = sha256(self.parts["city.json"]).hexdigest()
        self.parts["manifest.json"] = json.dumps(manifest).encode()

    def write(self, path: Path) -> Path:
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
            for name, content in self.parts.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        return path


def file_of(forgery: Forgery) -> str:
    return next(name for name in forgery.parts if name.startswith("files/"))


def swapped(forgery: Forgery, first: str, second: str) -> None:
    names = [*forgery.parts]
    one, other = (names.index(f"tables/{table}/000001.jsonl") for table in (first, second))
    names[one], names[other] = names[other], names[one]
    forgery.parts = {name: forgery.parts[name] for name in names}


NOWHERE = "01990000-0000-7000-8000-000000000000"

# What is changed, and how that is refused; the sums are right.
ADDING_UP: dict[str, tuple[Callable[[Forgery], Any], str]] = {
    "a row that points to nothing": (lambda f: f.cell("case_comment", "case_id", NOWHERE), "archive_rows_refused"),
    "a value of no such type": (lambda f: f.cell("case_record", "opened_at", "soon"), "archive_rows_refused"),
    "a text that no database keeps": (lambda f: f.cell("case_record", "title", "a\0b"), "archive_rows_refused"),
    "a value too long": (lambda f: f.cell("stored_file", "sha256", "f" * 65), "archive_rows_refused"),
    "a value written otherwise": (lambda f: f.cell("case_record", "opened_at", "20260101"), "archive_rows_differ"),
    "two rows of one key": (lambda f: twice(f, "role"), "archive_rows_differ"),
    "a file that no row names": (lambda f: f.cell("stored_file", "copy", "0"), "archive_rows_differ"),
    "a job's turn without the job": (lambda f: f.put("job", f.lines("job")[1:]), "archive_rows_refused"),
    "a circle of units": (lambda f: f.cell("org_unit", "parent_id", NOWHERE), "archive_rows_refused"),
    "a session of nobody": (lambda f: f.put("credential", f.lines("credential")[1:]), "archive_rows_refused"),
    "a city's number in the rows": (lambda f: renamed(f, "tenant_id"), "archive_column_unknown"),
    "a column from tomorrow": (lambda f: renamed(f, "colour"), "archive_column_unknown"),
    "a table from tomorrow": (lambda f: tomorrow(f), "archive_table_unknown"),
    "a module from tomorrow": (lambda f: f.change(modules={"dragons": "1"}), "archive_module_missing"),
    "another format": (lambda f: f.change(format=2), "archive_format_unknown"),
    "rows out of order": (lambda f: f.put("case_event", f.lines("case_event")[::-1]), "archive_row_wrong"),
    "a row too short": (lambda f: f.put("role", [row[:-1] for row in f.lines("role")]), "archive_row_wrong"),
    "a number for a text": (lambda f: f.put("role", [[*row[:-1], 1] for row in f.lines("role")]), "archive_row_wrong"),
    "an id that is none": (lambda f: f.cell("case_record", "id", "1"), "archive_row_wrong"),
    "a file of another content": (lambda f: f.parts.update({file_of(f): b"x" * 10}), "archive_sum_wrong"),
    "a path": (lambda f: f.parts.update({"files/../../etc/passwd": b""}), "archive_part_wrong"),
    "tables in another order": (lambda f: swapped(f, "role", "job"), "archive_part_wrong"),
    "no city": (lambda f: f.parts.pop("city.json") and f.parts.update({"city.json": b"{}"}), "archive_none"),
    "a host that is none": (lambda f: f.change(hosts=["a b"]), "host_invalid"),
    "a slug that is a path": (lambda f: f.change(slug="../x"), "slug_invalid"),
}  # fmt: skip


def twice(forgery: Forgery, table: str) -> None:
    row = forgery.lines(table)[-1]
    forgery.put(table, [*forgery.lines(table), ["ffffffff" + row[0][8:], *row[1:]]])


def renamed(forgery: Forgery, name: str) -> None:
    tables = forgery.city()["tables"]
    columns = next(each for each in tables if each["name"] == "case_record")["columns"]
    columns[columns.index("number")] = name
    forgery.change(tables=tables)


def tomorrow(forgery: Forgery) -> None:
    forgery.parts = {name.replace("tables/role/", "tables/dragon/"): c for name, c in forgery.parts.items()}
    tables = forgery.city()["tables"]
    next(each for each in tables if each["name"] == "role")["name"] = "dragon"
    forgery.change(tables=tables)
    manifest = json.loads(forgery.parts["manifest.json"])
    manifest["tables"]["dragon"] = manifest["tables"].pop("role")
    forgery.parts["manifest.json"] = json.dumps(manifest).encode()


@pytest.mark.long
async def test_an_archive_that_adds_up_and_is_wrong_leaves_nothing(
    full: Full, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    await exported(full.city, tmp_path / "city.tar")
    said = {}
    async with elsewhere.here():
        for name, (change, _) in ADDING_UP.items():
            forgery = Forgery(tmp_path / "city.tar")
            change(forgery)
            if "city.json" in forgery.parts and forgery.parts["city.json"] != b"{}":
                forgery.add_up()
            said[name] = await refusal(forgery.write(tmp_path / "forged.tar"))
            assert await elsewhere.is_empty(), name
        assert said == {name: {code} for name, (_, code) in ADDING_UP.items()}
        forgery = Forgery(tmp_path / "city.tar")
        forgery.add_up()
        await imported(forgery.write(tmp_path / "forged.tar"))  # the forger's tools alone are not what is refused


async def refusal(path: Path, **more: Any) -> set[str]:
    try:
        await imported(path, **more)
    except Refused as refused:
        return {problem.code for problem in refused.problems}
    return set()


async def test_a_broken_archive_leaves_nothing(
    full: Full, elsewhere: Elsewhere, tmp_path: Path, key: tuple[str, Path]
) -> None:
    public, secret = key
    plain, locked = tmp_path / "city.tar", tmp_path / "city.age"
    await exported(full.city, plain)
    await exported(full.city, locked, recipients=[public])
    async with elsewhere.here():
        for number, wrong in enumerate(broken(plain.read_bytes())):
            (tmp_path / "broken").write_bytes(wrong)
            assert (said := await refusal(tmp_path / "broken")) and said <= WORDS, number
        whole = locked.read_bytes()
        for wrong in (
            whole[:-1],
            whole[: len(whole) // 2],
            whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:],
            whole[:20],
        ):
            (tmp_path / "broken").write_bytes(wrong)
            said = await refusal(tmp_path / "broken", identity=secret)
            assert said and said <= WORDS | {"archive_locked"}
        other = tmp_path / "other.txt"
        other.write_text(str(pyrage.x25519.Identity.generate()))
        with refused("archive_locked", "identity"):
            await imported(locked, identity=other)
        with refused("archive_locked", "identity"):
            await imported(locked)
        with refused("archive_identity_invalid", "identity"):
            await imported(locked, identity=plain)
        assert await elsewhere.is_empty()
    with refused("archive_recipient_invalid", "recipient"):
        await exported(full.city, tmp_path / "x", recipients=["age1dragons"])
    assert not (tmp_path / "x").exists()


WORDS = {"archive_none", "archive_truncated", "archive_part_wrong", "archive_row_wrong", "archive_sum_wrong"}


def broken(whole: bytes) -> Iterator[bytes]:
    """Yield what is left of an archive by a line that broke, a bit that fell over, a stranger's tricks."""
    yield b""
    yield b"not an archive" * 100
    for part in (0.01, 0.3, 0.7, 0.99):
        yield whole[: int(len(whole) * part)]
    yield whole[:-2048]
    for place in (600, len(whole) // 3, len(whole) // 2):
        yield whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
    yield whole + b"more"
    yield whole[:-1024] + whole
    for kind in (tarfile.SYMTYPE, tarfile.DIRTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.GNUTYPE_SPARSE):
        for name in ("city.json", "tables/role/000001.jsonl"):
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, "/etc/passwd", 1 << 40
            yield info.tobuf(tarfile.GNU_FORMAT) + whole
    info = tarfile.TarInfo("city.json")
    info.size = 1 << 40
    yield info.tobuf(tarfile.GNU_FORMAT) + whole
    yield whole[: 512 + _blocks(whole)] + whole  # city.json twice


def _blocks(whole: bytes) -> int:
    size = tarfile.TarInfo.frombuf(whole[:512], "ascii", "strict").size
    return -(-size // 512) * 512


async def test_what_is_taken_here_is_named(full: Full, elsewhere: Elsewhere, tmp_path: Path) -> None:
    archive = tmp_path / "city.tar"
    await exported(full.city, archive)
    assert await refusal(archive) == {"slug_taken", "host_taken"}
    assert await refusal(archive, slug="elsewhere") == {"host_taken"}
    # Its sessions are another city's keys here.
    assert await refusal(archive, slug="elsewhere", hosts=("elsewhere.test",)) == {"archive_city_here"}
    assert "elsewhere" not in full.city.platform.command("city", "list").stdout
    assert (await full.city.rows("select count(*) from session_key where tenant_id = $1"))[0]["count"] > 0
    async with elsewhere.here():
        await imported(archive)
        assert await refusal(archive) == {"slug_taken", "host_taken"}


async def test_lost_and_damaged_bytes_are_told_when_they_are_exported(full: Full, tmp_path: Path) -> None:
    city = full.city
    with refused("archive_unwritable", "to"):
        await exported(city, tmp_path / "no folder" / "x")
    [path] = paths(city)
    path.write_bytes(b"x" * path.stat().st_size)
    with refused("archive_file_damaged", "slug"):
        await exported(city, tmp_path / "x")
    path.unlink()
    with refused("archive_file_missing", "slug"):
        await exported(city, tmp_path / "x")
    assert not (tmp_path / "x").exists() and not (tmp_path / "x.partial").exists()
