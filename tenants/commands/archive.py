"""``leancity city export`` and ``leancity city import``: a whole city in one file."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from leancity.core.cli.running import database, installed
from leancity.tenants.archive import exporting, importing
from leancity.tenants.archive.dropping import drop_import

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("export")
@click.argument("slug")
@click.option("--to", type=_FILE, required=True, help="File to write; nobody else on this machine may read it.")
@click.option("--recipient", "recipients", multiple=True, help="Who may read it: a public key of age; may be repeated.")
@click.option("--copy", "is_copy", is_flag=True, help="Copy a city that stays in service here.")
@click.option("--force", is_flag=True, help="Replace the file when it is there.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@database
async def export_city(as_json: bool, **options: Any) -> None:
    """Write the whole city SLUG into one file: every row, every file, what leads to it.

    The city must be suspended, so that nothing is done twice: what waits in it goes along and runs where it is resumed.
    With --copy a city that is open may be written too: its waiting jobs go along as rows, and never run there.

    Without --recipient anybody who has the file can read it, and what is sealed with this installation's key (second
    factors, providers' secrets, whom open erasures are about) is left out. With one it is encrypted, and they are
    within. `age-keygen` makes keys; only the public one, age1…, is needed here.

    \b
    Exit codes:
      0  the file is whole and on the disk
      1  refused or broken off: the message says why, and there is no file
      2  the command line is wrong
    """
    with _bar("exporting") as told:
        done = await exporting.export_city(exporting.Wanted(**options), told)
    if as_json:
        facts = {
            "slug": done.slug,
            "file": str(done.path),
            "rows": done.rows,
            "files": done.files,
            "fileBytes": done.file_bytes,
            "size": done.size,
            "digest": done.digest,
            "isEncrypted": done.is_encrypted,
            "isCopy": done.is_copy,
            "secretsLeftOut": done.left_out,
            "sleepingJobs": done.sleeping,
            "seconds": round(done.seconds, 3),
        }
        click.echo(json.dumps(facts))
        return
    click.echo(f"{done.path}: {done.rows} rows, {done.files} files, {done.size} bytes; digest {done.digest}")
    if not done.is_encrypted:
        click.echo("leancity: the file is not encrypted: whoever has it can read all of it", err=True)
    _tell_left_out(done.left_out)
    if done.sleeping:
        click.echo(f"leancity: a copy: {done.sleeping} jobs that wait in the city are asleep in it", err=True)


@click.command("import")
@click.argument("file", type=_FILE, required=False)
@click.option("--slug", help="Another slug than the archive's.")
@click.option(
    "--host", "hosts", multiple=True, help="Host name it answers at instead of the archive's; may be repeated."
)
@click.option("--identity", type=_FILE, help="File with the secret key of age that opens it.")
@click.option("--dry-run", is_flag=True, help="Read and check all of it and write nothing.")
@click.option("--drop", help="Take back the city of this slug, whose import was broken off and shall not go on.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@database
async def import_city(drop: str | None, as_json: bool, **options: Any) -> None:
    """Read a whole city out of FILE, as `leancity city export` has written it.

    First all of it is checked; an archive that is damaged or does not fit leaves nothing here. A run that was broken
    off goes on when it is given again. In the end every row is read out again and must be the archive's. Then the city
    is there, suspended: look at it, and open it by `leancity city resume`.

    Needs DATABASE_MIGRATE_URL, to take back what can't be taken.

    \b
    Exit codes:
      0  the city is here (with --dry-run: could be)
      1  refused or broken off: the message says why
      2  the command line is wrong
    """
    if drop is not None:
        if options["file"] is not None:
            raise click.UsageError("either a file or --drop")
        await drop_import(drop)
        return
    if options["file"] is None:
        raise click.UsageError("Missing argument 'FILE'.")
    with _bar("checking" if options["dry_run"] else "importing") as told:
        done = await importing.import_city(installed(), importing.Wanted(**options), told)
    if as_json:
        facts = {
            "slug": done.slug,
            "hosts": list(done.hosts),
            "rows": done.rows,
            "files": done.files,
            "fileBytes": done.file_bytes,
            "digest": done.digest,
            "secretsLeftOut": done.left_out,
            "isCopy": done.is_copy,
            "region": done.region,
            "hasRegion": done.has_region,
            "isResumed": done.is_resumed,
            "dryRun": done.is_dry,
            "seconds": round(done.seconds, 3),
        }
        click.echo(json.dumps(facts))
        return
    click.echo(f"{done.slug}: {done.rows} rows, {done.files} files; digest {done.digest}")
    if done.is_dry:
        return
    _tell_left_out(done.left_out)
    if done.region and not done.has_region:
        click.echo(f"leancity: its region {done.region} is not here: `leancity city region {done.slug} …`", err=True)
    click.echo(f"leancity: {done.slug} is suspended: `leancity city resume {done.slug}` opens it", err=True)


def _tell_left_out(left_out: dict[str, int]) -> None:
    for table, values in sorted(left_out.items()):
        click.echo(f"leancity: {table}: {values} sealed values are left out; they have to be set anew", err=True)


@contextmanager
def _bar(label: str) -> Iterator[Callable[[int, int], None]]:
    with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def show(done: int, whole: int) -> None:
            bar.length = max(whole, 1)
            bar.update(done - bar.pos)

        yield show
