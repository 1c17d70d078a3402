"""``leancity process``: what an operator does to the processes of a city."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from leancity.core.cli.lazy import LazyGroup
from leancity.core.cli.running import database
from leancity.core.cli.serving import serving
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.i18n.catalogue import describe
from leancity.core.imports.mapping import FieldMapping, read_mapping
from leancity.core.processes.figures.logs.importing import LogImport, LogWish, import_path
from leancity.core.processes.versions.tables import Process, ProcessVersion

BAD_LINES = 3

process = LazyGroup(
    "process",
    {
        "adopt": "leancity.core.cli.practices:adopt",
        "catalogue": "leancity.core.cli.practices:catalogue",
        "import-log": "leancity.core.cli.process:import_log",
        "key": "leancity.core.cli.practices:key",
        "pack": "leancity.core.cli.practices:pack",
    },
    help="Processes of a city.",
)


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What the command line asks for."""

    file: Path
    city: str
    process: str
    version: int | None
    title: str | None
    mapping: Path | None
    ends: tuple[str, ...]
    dry_run: bool
    as_json: bool


@click.command("import-log")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--city", required=True, help="Slug of the city.")
@click.option("--process", required=True, help="Key of the process.")
@click.option("--version", type=int, help="Number of the version whose nodes the steps are.")
@click.option("--title", help="What the log is called; else the file's name.")
@click.option("--map", "mapping", type=click.Path(path_type=Path), help="Mapping: a JSON file; else guessed.")
@click.option("--end", "ends", multiple=True, help="A case is closed only by one of these steps. May be repeated.")
@click.option("--dry-run", is_flag=True, help="Check every line and write none.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@database
async def import_log(**options: Any) -> None:
    """Import the event log FILE (CSV, XLSX, XES, plain or gzipped) of another system into the figures of a process.

    A log with a bad line is not imported at all. One that was killed goes on when it is given again; one that was
    imported already is not imported twice.

    \b
    Exit codes:
      0  the log is in the city (with --dry-run: could be)
      1  refused: the message says why
      2  the command line is wrong
      3  some lines are bad, and nothing was written
    """
    wishes = Wishes(**options)
    async with serving(wishes.city, "process import-log"):
        done = await _import(wishes)
    _tell(wishes, done)
    if done.read.bad:
        click.get_current_context().exit(BAD_LINES)


async def _import(wishes: Wishes) -> LogImport:
    async with tenant_tx():
        row = await Process.select(Process.id).where(Process.key == wishes.process).first()
        if row is None:
            raise refuse("not_found", "process")
        version = None
        if wishes.version is not None:
            of_process = (ProcessVersion.process_id == row["id"]) & (ProcessVersion.no == wishes.version)
            version = await ProcessVersion.select(ProcessVersion.id).where(of_process).first()
            if version is None:
                raise refuse("not_found", "version")
    wish = LogWish(
        process_id=row["id"],
        version_id=None if version is None else version["id"],
        title=wishes.title or wishes.file.name,
        mapping=read_mapping(wishes.mapping) if wishes.mapping else FieldMapping(),
        ends=wishes.ends,
    )
    with click.progressbar(length=1, label="importing", file=sys.stderr, show_pos=True) as bar:

        def show(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        return await import_path(wishes.file, wish, show, is_check=wishes.dry_run)


def _tell(wishes: Wishes, done: LogImport) -> None:
    for line in done.read.problems:
        for problem in line.problems:
            field = f"{problem.field}: " if problem.field else ""
            click.echo(f"leancity: line {line.number}: {field}{describe(problem, 'en')}", err=True)
    facts: dict[str, Any] = {
        "file": done.read.plan.source.name,
        "fields": done.read.plan.mapping.fields,
        "lines": done.read.lines,
        "bad": done.read.bad,
        "cases": len(done.read.cases),
        "logId": None if done.log is None else str(done.log.id),
        "written": 0 if done.log is None else done.log.cases,
    }
    if wishes.as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    for field, header in facts["fields"].items():
        click.echo(f"  {field} <- {header}")
    click.echo(f"lines: {facts['lines']}, bad: {facts['bad']}, cases: {facts['cases']}, written: {facts['written']}")
