"""``leancity bpmn``: drawings looked at without a city."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from leancity.core.cli.lazy import LazyGroup
from leancity.core.cli.running import WRONG
from leancity.core.errors import Problem
from leancity.core.i18n.catalogue import describe
from leancity.core.processes.bpmn.checking import Checked, CheckedFile, Obstacle, check_file
from leancity.core.processes.xml import BYTES

bpmn = LazyGroup("bpmn", {"check": "leancity.core.cli.bpmn:check"}, help="BPMN files, looked at without a city.")


@click.command("check")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--process", default="", help="Id of the only process to check; else all of each file.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, a line a file.")
@click.option("--locale", type=click.Choice(["ru", "en"]), default="en", help="Language of the texts.")
def check(files: tuple[Path, ...], process: str, as_json: bool, locale: str) -> None:
    """Say of each BPMN FILE whether it is read, normalised, fit to be published, and run to its first wait.

    What a city has (forms, services, roles) isn't asked for: that is checked where a version is published.

    \b
    Exit codes:
      0  every process of every file gets to its first wait
      1  something stood in the way: it is told with its element and what to do
    """
    failed = 0
    with click.progressbar(files, label="checking", file=sys.stderr, hidden=len(files) < 2) as bar:
        for path in bar:
            checked = _checked(path, process)
            failed += not checked.is_passed
            told = json.dumps(_facts(path, checked, locale), ensure_ascii=False) if as_json else None
            click.echo(told or "\n".join(_lines(path, checked, locale)))
    if failed:
        if not as_json:
            click.echo(f"{failed} of {len(files)} failed", err=True)
        click.get_current_context().exit(WRONG)


def _checked(path: Path, process: str) -> CheckedFile:
    try:
        with path.open("rb") as file:
            data = file.read(BYTES + 1)  # one more is told as too big
    except OSError as error:
        return CheckedFile(False, (Obstacle("bpmn_file_unread", "", {"reason": error.strerror or "?"}),))
    return check_file(data, process)


def _facts(path: Path, checked: CheckedFile, locale: str) -> dict[str, Any]:
    return {
        "file": str(path),
        "passed": checked.is_passed,
        "read": checked.is_read,
        "obstacles": [_obstacle(each, locale) for each in checked.obstacles],
        "processes": [
            {
                "process": each.process,
                "title": each.title,
                "normalised": each.is_normalised,
                "published": each.is_publishable,
                "ranToFirstWait": each.is_run,
                "waits": [{"kind": kind, "element": element} for kind, element in each.waits],
                "obstacles": [_obstacle(found, locale) for found in each.obstacles],
                "warnings": [_obstacle(found, locale) for found in each.warnings],
                "assumed": [_obstacle(found, locale) for found in each.assumed],
            }
            for each in checked.processes
        ],
    }


def _obstacle(each: Obstacle, locale: str) -> dict[str, str]:
    return {"code": each.code, "element": each.element, "text": _text(each, locale)}


def _text(each: Obstacle, locale: str) -> str:
    params = {"element": each.element, "title": each.element, "limit": BYTES, **each.params}
    return describe(Problem(code=each.code, params=params), locale)


def _lines(path: Path, checked: CheckedFile, locale: str) -> list[str]:
    lines = [f"{path}: {'passed' if checked.is_passed else 'failed'}"]
    lines += [f"  {_text(each, locale)}" for each in checked.obstacles]
    for each in checked.processes:
        lines.append(f"  {each.title} ({each.process}): {_came(each)}")
        lines += [f"    ! {_text(found, locale)}" for found in each.obstacles]
        lines += [f"    ? {_text(found, locale)}" for found in each.warnings]
        lines += [f"    ~ {_text(found, locale)}" for found in each.assumed]
    return lines


def _came(each: Checked) -> str:
    steps = {"normalised": each.is_normalised, "published": each.is_publishable, "run to the first wait": each.is_run}
    return "read, " + ", ".join(name if is_so else f"not {name}" for name, is_so in steps.items())
