"""``leancity city erase`` and ``leancity city certificate``: letting a city go, and proving that it went."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from leancity.core.cli.running import WRONG, database, failing
from leancity.core.config import load, require
from leancity.core.errors import refuse
from leancity.tenants.erasing.certificate import Document, Verdict, verify
from leancity.tenants.erasing.erasing import Order, erase_city
from leancity.tenants.erasing.journal import written
from leancity.tenants.erasing.keeping import operators_place
from leancity.tenants.erasing.rendering import rendered

_SAID = {
    Verdict.GENUINE: "genuine: it says what this installation signed",
    Verdict.CHANGED: "CHANGED: it is no certificate, or not what was signed",
    Verdict.FOREIGN: "whole, but NOT SIGNED by this installation",
}
_FILE = click.Path(dir_okay=False, path_type=Path)


class _Bar:
    """A bar on standard error, from when it is known how much there is."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._bar: Any = None

    def begin(self, total: int) -> None:
        bar = click.progressbar(length=total, label="rows and files", file=sys.stderr)
        self._bar = self._stack.enter_context(bar)

    def gone(self, amount: int) -> None:
        self._bar.update(amount)


@click.command("erase")
@click.argument("slug")
@click.option("--reason", required=True, help="Why: a contract, a request and its date; no person's name.")
@click.option("--confirm", required=True, help="The city's slug once more.")
@click.option("--certificate", "path", type=_FILE, help="JSON file for the certificate; its text beside it as .txt.")
@click.option("--json", "as_json", is_flag=True, help="Print the certificate as JSON instead of as text.")
@database
async def erase(slug: str, reason: str, confirm: str, path: Path | None, as_json: bool) -> None:
    """Remove all that the suspended city SLUG has here, for ever, and certify it.

    Killed at any moment, it is given again and goes on. What it can't reach is named in the certificate.
    """
    config = load()
    require(config, "database_migrate_url", "secret_key")
    if confirm != slug:
        raise refuse("erase_unconfirmed", "confirm", city=slug)
    if not reason.strip():
        raise refuse("required", "reason")
    if path is None and await operators_place() is None:
        raise refuse("certificate_nowhere", "certificate")
    if path is not None:
        _check(path, slug if await written(slug) is not None else None)
    order = Order(slug=slug, reason=reason.strip(), asked_by=getpass.getuser())
    with ExitStack() as stack:
        document = await erase_city(config.database_migrate_url, order, _Bar(stack), _writing(path))
    click.echo(_json(document) if as_json else rendered(document), nl=as_json)


@click.command("certificate")
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def certificate(path: Path) -> None:
    """Tell whether FILE is a certificate of this installation, unchanged. Exit code 1: it is not."""
    with failing():
        verdict = verify(_read(path))
        click.echo(_SAID[verdict])
        if verdict is not Verdict.GENUINE:
            sys.exit(WRONG)


def _check(path: Path, begun: str | None) -> None:
    """Refuse, before anything is removed, a place where the certificate can't be written or something lies already.

    What a run that was killed has written there of the city that it had ``begun`` with is written anew.
    """
    if path.exists() and (begun is None or _read(path).get("city", {}).get("slug") != begun):
        raise refuse("certificate_there", "certificate", path=str(path))
    if not os.access(path.parent, os.W_OK):
        raise refuse("certificate_unwritable", "certificate", path=str(path))


def _writing(path: Path | None) -> Callable[[Document], None]:
    def write(document: Document) -> None:
        if path is not None:
            _put(path, _json(document) + "\n")
            _put(path.with_suffix(".txt"), rendered(document))

    return write


def _put(path: Path, content: str) -> None:
    """Write a file so that it is there whole or not at all, and survives a power cut."""
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _read(path: Path) -> Document:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (ValueError, UnicodeError):
        return {}
    return found if isinstance(found, dict) else {}


def _json(document: Document) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2)
