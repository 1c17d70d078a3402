"""``leancity import``: rows of another system into a city."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import msgspec

from leancity.core.cases.checks import SHORT, one_text
from leancity.core.cli.running import database
from leancity.core.cli.serving import serving
from leancity.core.errors import refuse
from leancity.core.imports.importing import Tally, check_rows, import_rows
from leancity.core.imports.mapping import FieldMapping, read_mapping, settled
from leancity.core.imports.preview import preview, preview_text
from leancity.core.imports.profiles import load_profile, save_profile
from leancity.core.imports.report import Report
from leancity.core.imports.runs import Plan
from leancity.core.imports.sources import open_source
from leancity.core.imports.target import ImportTarget, find_target
from leancity.core.tenancy.context import current_tenant

SOME_BAD = 3


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What the command line asks for."""

    target: str
    file: Path
    city: str
    mapping: str | None
    save_map: str | None
    rows: int | None
    dry_run: bool
    report: Path | None
    source: str | None
    as_json: bool


@click.command("import")
@click.argument("target")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--city", required=True, help="Slug of the city.")
@click.option("--map", "mapping", help="Mapping: a JSON file, or the name of one saved in the city; else guessed.")
@click.option("--save-map", help="Save the mapping in the city under this name.")
@click.option("--preview", "rows", type=click.IntRange(1, 1000), help="Show the mapping and so many rows, write none.")
@click.option("--dry-run", is_flag=True, help="Check every row and write none.")
@click.option("--report", type=click.Path(path_type=Path), help="CSV file to list every bad row in, and why it is bad.")
@click.option("--source", help="Name of the system the file comes from; else the mapping's.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@database
async def import_(**options: Any) -> None:
    """Import the rows of FILE (CSV, CSV.gz or XLSX) into a city. TARGET says what they are: requests.

    A row is written once, however often its file is given: the system's name and the row's own number there tell it. A
    bad row is reported and stops no other. A run that was killed, given the same file and mapping again, goes on behind
    the last rows it committed. Nobody is notified of what is imported.

    \b
    The mapping is JSON, of which every part may be left out; without "fields" they are guessed:
      {"fields": {"external_id": "srnumber", "closed_at": "closeddate"},   field: header
       "zone": "America/Los_Angeles",     of times written without one; else the city's
       "formats": ["%m/%d/%y %H:%M"],     of times: strptime patterns or "iso"
       "values": {"outcome": {"Closed": "fixed", "Open": ""}},   what is written: what is meant
       "source": "myla311"}               the system's name; else the JSON file's stem or the profile's name

    \b
    Exit codes:
      0  every row is in the city (with --dry-run: could be)
      1  refused or broken off: the message says why; a run that has begun goes on when it is given again
      2  the command line is wrong
      3  done, but some rows are bad
    """
    wishes = Wishes(**options)
    async with serving(wishes.city, f"import {wishes.target}"):
        bad = await _run(wishes, find_target(wishes.target))
    if bad:
        click.get_current_context().exit(SOME_BAD)


async def _run(wishes: Wishes, target: ImportTarget) -> int:
    """Do what is asked and return how many rows are bad."""
    given = await _given(wishes, target)
    source = await asyncio.to_thread(open_source, wishes.file)
    mapping = settled(target, given, source.headers)
    if wishes.source:
        mapping = msgspec.structs.replace(mapping, source=wishes.source)
    system_name = one_text("source", mapping.source or wishes.save_map or "", limit=SHORT)
    if wishes.save_map:
        await save_profile(target, wishes.save_map, mapping)
    plan = Plan(target=target, source=source, mapping=mapping, system=system_name)
    if wishes.rows is not None:
        found = preview(plan, wishes.rows)
        click.echo(json.dumps(found, ensure_ascii=False) if wishes.as_json else preview_text(found))
        return 0
    if not plan.system and not wishes.dry_run:
        raise refuse("import_source_unnamed", "source")
    return await _go_through(wishes, plan)


async def _given(wishes: Wishes, target: ImportTarget) -> FieldMapping:
    if wishes.mapping is None:
        return FieldMapping()
    path = Path(wishes.mapping)
    if path.suffix == ".json" or await asyncio.to_thread(path.is_file):
        return await asyncio.to_thread(read_mapping, path)
    return await load_profile(target, wishes.mapping)


async def _go_through(wishes: Wishes, plan: Plan) -> int:
    started, label = time.monotonic(), "checking" if wishes.dry_run else "importing"
    report = Report(wishes.report, plan.mapping.fields, current_tenant().locale)
    with report, click.progressbar(length=plan.source.total, label=label, file=sys.stderr, show_pos=True,
                                   item_show_func=lambda item: item) as bar:  # fmt: skip

        def show(tally: Tally) -> None:
            rate = tally.rows / (time.monotonic() - started)
            bar.update(tally.rows - bar.pos, f"{rate:.0f} rows/s, {tally.bad} bad")

        tally = await (check_rows if wishes.dry_run else import_rows)(plan, report.add, show)
    _tell(wishes, plan, tally, report, time.monotonic() - started)
    return tally.bad


def _tell(wishes: Wishes, plan: Plan, tally: Tally, report: Report, seconds: float) -> None:
    for line in report.first:
        click.echo(f"leancity: {line}", err=True)
    if report.told > len(report.first):
        click.echo(f"leancity: and {report.told - len(report.first)} more; --report FILE lists them all", err=True)
    if wishes.as_json:
        facts = {
            "target": plan.target.name,
            "city": wishes.city,
            "file": plan.source.name,
            "source": plan.system or None,
            "dryRun": wishes.dry_run,
            "rows": tally.rows,
            "bad": tally.bad,
            "written": tally.written,
            "known": tally.known,
            "resumedAfterLine": tally.resumed_after,
            "wasFinished": tally.was_finished,
            "seconds": round(seconds, 3),
        }
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    if tally.was_finished:
        click.echo(f"{plan.source.name}: this import was finished before; nothing was changed")
    elif tally.resumed_after:
        click.echo(f"{plan.source.name}: went on after line {tally.resumed_after}")
    done = "written: none (dry run)" if wishes.dry_run else f"written: {tally.written}, there already: {tally.known}"
    click.echo(f"rows: {tally.rows}, bad: {tally.bad}, {done}; {tally.rows / seconds:.0f} rows/s")
