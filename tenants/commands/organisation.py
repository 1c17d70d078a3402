"""``leancity city organisation``: a city's units and people from the workbook that it keeps them in."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import msgspec

from leancity.core.cli.running import database
from leancity.core.cli.serving import serving
from leancity.core.errors import refuse
from leancity.core.tenancy.context import current_tenant
from leancity.tenants.organisation.checking import check_against_city
from leancity.tenants.organisation.model import Finding, Organisation, Severity
from leancity.tenants.organisation.reading import read_organisation
from leancity.tenants.organisation.telling import finding_lines, preview_lines, write_report
from leancity.tenants.organisation.writing import Written, write_organisation

SOME_BAD = 3


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What the command line asks for."""

    file: Path
    is_preview: bool
    report: Path | None
    as_json: bool
    accepts_errors: bool


@click.command("organisation")
@click.argument("slug")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--preview", "is_preview", is_flag=True, help="Show what is understood, write nothing.")
@click.option("--report", type=click.Path(path_type=Path), help="CSV file to list everything found in.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--accept-errors", "accepts_errors", is_flag=True, help="Write the good lines of a file with errors.")
@database
async def organisation(
    slug: str, file: Path, is_preview: bool, report: Path | None, as_json: bool, accepts_errors: bool
) -> None:
    """Write the units and people of FILE (XLSX) into the city SLUG, or show what is understood of them.

    Units and people are added, or changed to what the file says, never removed; what it leaves empty stays. A second
    time nothing is written, and a run that was killed is completed by the next. Nobody is notified: an account has no
    password before its owner is invited.

    \b
    Exit codes:
      0  every line is in the city (with --preview: could be)
      1  refused or broken off: the message says why
      2  the command line is wrong
      3  some lines have errors: the others are written (with --preview: could be)
    """
    wishes = Wishes(file=file, is_preview=is_preview, report=report, as_json=as_json, accepts_errors=accepts_errors)
    async with serving(slug, "city organisation"):
        is_bad = await _run(wishes)
    if is_bad:
        click.get_current_context().exit(SOME_BAD)


async def _run(wishes: Wishes) -> bool:
    """Do what is asked and tell whether some lines have errors."""
    found = await asyncio.to_thread(read_organisation, wishes.file, wishes.file.name)
    findings = [*found.findings, *await check_against_city(found)]
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    if wishes.report is not None:
        await asyncio.to_thread(write_report, wishes.report, findings, current_tenant().locale)
    if wishes.is_preview:
        if wishes.as_json:
            click.echo(json.dumps({**_facts(found, findings), "written": None}, ensure_ascii=False))
        else:
            click.echo("\n".join(preview_lines(found, findings, "en")))
        return errors > 0
    for line in finding_lines(findings, "en"):
        click.echo(f"leancity: {line}", err=True)
    if errors and not wishes.accepts_errors:
        raise refuse("organisation_errors", "file", count=errors)
    started = time.monotonic()
    written = await _written(found)
    _tell(wishes, found, findings, written, time.monotonic() - started)
    return errors > 0


async def _written(found: Organisation) -> Written:
    total = len(found.units) + len(found.people)
    with click.progressbar(length=total, label="writing", file=sys.stderr, show_pos=True) as bar:
        return await write_organisation(found, on_progress=lambda done, _: bar.update(done - bar.pos))


def _tell(wishes: Wishes, found: Organisation, findings: Sequence[Finding], written: Written, seconds: float) -> None:
    if wishes.as_json:
        facts = {**_facts(found, findings), "written": asdict(written), "seconds": round(seconds, 3)}
        click.echo(json.dumps(facts, ensure_ascii=False))
    elif not written.changes:
        click.echo("all of it is there already; nothing was changed")
    else:
        click.echo(
            f"units: {written.units_added} added, {written.units_changed} changed; people: {written.people_added} "
            f"added, {written.people_changed} changed; roles: {written.roles_granted}; heads: {written.heads_set}"
        )


def _facts(found: Organisation, findings: Sequence[Finding]) -> dict[str, object]:
    counts = {f"{each.value}s": sum(finding.severity is each for finding in findings) for each in Severity}
    told = [{**msgspec.to_builtins(finding), "reason": finding.told("en")} for finding in findings]
    sheets = msgspec.to_builtins(found.sheets)
    return {"units": len(found.units), "people": len(found.people), **counts, "sheets": sheets, "findings": told}
