"""What an import costs: a file of real requests through our import, against the owner's COPY of what it stores.

The import reads and checks the file, computes terms on the city's clock, draws numbers and writes under row-level
security with its own progress, audit and categories. COPY is given the finished rows, past all policies. Each round
brings the same requests anew, under another source's name.
"""

from __future__ import annotations

import asyncio
import gzip
import itertools
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg

from leancity.core.db.engine import close_pool, open_pool
from leancity.core.ids import new_id
from leancity.core.imports.importing import import_rows
from leancity.core.imports.mapping import FieldMapping, settled
from leancity.core.imports.runs import Plan
from leancity.core.imports.sources import open_source
from leancity.core.imports.target import find_target
from leancity.core.testing.city import City, new_city
from leancity.core.testing.platform import Platform, running_platform
from tests.benchmarks.pairs import compare
from tests.data import MYLA311

ROWS, PAIRS = 1000, 20
FIELDS = {
    "external_id": "srnumber", "category": "requesttype", "created_at": "createddate", "closed_at": "closeddate",
    "lat": "latitude", "lon": "longitude", "address": "address",
}  # fmt: skip
TABLES = ("case_record", "case_event", "case_term", "city_problems_report")
# Every column that the database doesn't compute itself.
COLUMNS = """
select a.attname from pg_attribute a where a.attrelid = $1::text::regclass and a.attnum > 0 and a.attgenerated = ''
and not a.attisdropped order by a.attnum
"""
# One digest of all that is stored for a source, without the ids and numbers that have to differ.
DIGEST = """
select md5(string_agg(x::text, ';' order by x::text)) from (
    select c.external_id, c.kind, c.title, c.text, c.status, c.outcome, c.opened_at, c.closed_at, c.due_at,
           r.category_id, r.lat, r.lon, r.cell, r.address,
           (select array_agg((e.at, e.kind, e.status) order by e.at, e.status)
            from case_event e where e.case_id = c.id),
           (select array_agg((t.stage, t.rule, t.started_at, t.due_at, t.ended_at, t.elapsed) order by t.stage)
            from case_term t where t.case_id = c.id)
    from case_record c join city_problems_report r on r.case_id = c.id where c.source = $1) x
"""
Row = dict[str, Any]


def main() -> None:
    if not MYLA311.exists():
        print(f"import of requests: NOT MET, the real data is not here: {MYLA311}")
        return
    with tempfile.TemporaryDirectory() as folder, running_platform(Path(folder) / ".leancity") as platform:
        asyncio.run(_measure(platform, Path(folder)))


async def _measure(platform: Platform, folder: Path) -> None:
    await open_pool(platform.app_url, size=2)
    owner = await asyncpg.connect(platform.migrate_url)
    city, file = await new_city(platform, ("city_problems",)), _slice(folder)
    await _import(city, file, "example")
    example, columns = await _stored(owner)
    rounds = itertools.count()
    waiting = [_another(example, columns, number) for number in range(PAIRS + 2)]

    async def imported() -> None:
        await _import(city, file, f"import-{next(rounds)}")

    async def copied() -> None:
        records = waiting.pop()
        async with owner.transaction():
            for table in TABLES:
                await owner.copy_records_to_table(table, records=records[table], columns=columns[table])

    await imported()
    await copied()
    digests = [await owner.fetchval(DIGEST, source) for source in ("example", "import-0", f"copy-{PAIRS + 1}")]
    if len(set(digests)) != 1:
        raise AssertionError("the import and the copy have not stored the same")
    ratio = await compare(imported, copied, pairs=PAIRS)
    print(f"import of {ROWS} requests: {ROWS / ratio.seconds_a:.0f} rows/s; COPY: {ROWS / ratio.seconds_b:.0f} rows/s")
    throughput = f"{1 / ratio.median:.3f} [{1 / ratio.high:.3f}, {1 / ratio.low:.3f}]"
    print(f"throughput of the import / of the owner's COPY of its rows   {throughput}")
    await owner.close()
    await close_pool()


def _slice(folder: Path) -> Path:
    """Write the first rows of the real file as one of their own, gzipped as it is."""
    path = folder / "requests.csv.gz"
    with gzip.open(MYLA311, "rt", encoding="utf-8") as lines, gzip.open(path, "wt", encoding="utf-8") as out:
        out.writelines(itertools.islice(lines, ROWS + 1))
    return path


async def _import(city: City, file: Path, system: str) -> None:
    async with city.serving():
        target, source = find_target("requests"), open_source(file)
        mapping = FieldMapping(fields=FIELDS, zone="America/Los_Angeles", formats=["%m/%d/%y %H:%M"])
        plan = Plan(target=target, source=source, mapping=settled(target, mapping, source.headers), system=system)
        done = await import_rows(plan, lambda line: None, lambda tally: None)
    if done.written != ROWS:
        raise AssertionError(f"{done} is not a whole import")


async def _stored(owner: asyncpg.Connection[asyncpg.Record]) -> tuple[dict[str, list[Row]], dict[str, list[str]]]:
    """Return the tables' rows, and the columns that a copy has to bring."""
    rows, columns = {}, {}
    for table in TABLES:
        columns[table] = [row["attname"] for row in await owner.fetch(COLUMNS, table)]
        rows[table] = [dict(row) for row in await owner.fetch(f"select * from {table} order by id")]
    return rows, columns


def _another(example: dict[str, list[Row]], columns: dict[str, list[str]], number: int) -> dict[str, list[Any]]:
    """Return records like the example's, under another source, with ids and numbers of their own."""
    cases: dict[uuid.UUID, uuid.UUID] = {row["id"]: new_id() for row in example["case_record"]}

    def renewed(table: str) -> Iterator[tuple[Any, ...]]:
        for row in example[table]:
            new = {**row, "id": cases.get(row["id"]) or new_id()}
            if table == "case_record":
                new |= {"source": f"copy-{number}", "number": f"{row['number']}-{number}"}
            else:
                new["case_id"] = cases[row["case_id"]]
            yield tuple(new[column] for column in columns[table])

    return {table: list(renewed(table)) for table in TABLES}


if __name__ == "__main__":
    main()
