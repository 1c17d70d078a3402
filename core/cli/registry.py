"""``leancity registry``: a city's functions, powers, positions and systems from the tables it keeps them in."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import click

from leancity.core.cli.running import database
from leancity.core.cli.serving import serving
from leancity.core.errors import refuse
from leancity.core.i18n.catalogue import LOCALES
from leancity.core.processes.registry.importing.fields import KINDS
from leancity.core.processes.registry.importing.running import Outcome, import_registry
from leancity.core.processes.registry.importing.telling import facts, lines, write_report
from leancity.core.processes.registry.importing.template import template as template_of
from leancity.core.tenancy.context import current_tenant

SOME_BAD = 3


@click.group()
def registry() -> None:
    """Keep a city's registry of functions."""


@registry.command("template")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--locale", type=click.Choice(LOCALES), default="ru", show_default=True)
def write_template(file: Path, locale: str) -> None:
    """Write the workbook to fill in to FILE (XLSX)."""
    try:
        file.write_bytes(template_of(locale))
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror or error}") from error


@registry.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--city", required=True, help="Slug of the city.")
@click.option("--kind", type=click.Choice([*KINDS]), help="What a CSV holds; else by its name, or by its headers.")
@click.option("--preview", "--dry-run", "is_preview", is_flag=True, help="Tell what would become of each line only.")
@click.option("--report", type=click.Path(path_type=Path), help="CSV file to list everything wrong in.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@database
async def import_file(
    file: Path, city: str, kind: str | None, is_preview: bool, report: Path | None, as_json: bool
) -> None:
    """Bring the registry in FILE (XLSX of several sheets, or CSV of one) into a city.

    A row is found again by its key: it is added, or changed to what the file says; what the file leaves empty stays,
    nothing is removed. A second time nothing changes. A bad line is told and stops no other.

    \b
    Exit codes:
      0  every line is in the city (with --preview: could be)
      1  refused: the message says why
      2  the command line is wrong
      3  some lines are bad: the others are written (with --preview: could be)
    """
    async with serving(city, "registry import"):
        if not await asyncio.to_thread(file.is_file):
            raise refuse("import_unreadable", "file", file=file.name, reason="there is no such file")
        outcome = await import_registry(file, file.name, kind=kind, is_preview=is_preview)
        if report is not None:
            await asyncio.to_thread(write_report, report, outcome, current_tenant().locale)
    _tell(outcome, as_json=as_json)
    if outcome.refused:
        click.get_current_context().exit(SOME_BAD)


def _tell(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(facts(outcome, "en"), ensure_ascii=False))
    else:
        click.echo("\n".join(lines(outcome, "en")))
