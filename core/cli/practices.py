"""``leancity process``: practices as files between installations, and the catalogue of this one."""

from __future__ import annotations

import asyncio
import json
import uuid
from pathlib import Path
from typing import Any

import click

from leancity.core.cli.running import database, failing
from leancity.core.cli.serving import serving
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.processes.packages import adopting, binding, file, landing, packing, practices, signing
from leancity.core.processes.packages.baseline import BaselineCard, Source
from leancity.core.processes.packages.rows import read_adoption
from leancity.core.processes.packages.tables import PackageAdoption
from leancity.core.processes.versions.tables import Process
from leancity.core.tenancy.catalogue import Wanted

MOST_LISTED = 1000
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command("key")
def key() -> None:
    """Print this installation's public key, for LEANCITY_TRUSTED_INSTALLATIONS of others."""
    with failing():
        click.echo(signing.public_key())


@click.command("pack")
@click.option("--city", required=True, help="Slug of the city.")
@click.option("--process", "process_key", required=True, help="Key of the process.")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="File to write.")
@click.option("--description", default="", help="What the practice is good for.")
@click.option("--tag", "tags", multiple=True, help="May be repeated.")
@click.option("--unmeasured", is_flag=True, help="Pack it though its effect is not measured.")
@database
async def pack(
    city: str, process_key: str, out: Path, description: str, tags: tuple[str, ...], unmeasured: bool
) -> None:
    """Write the version of a process that is in production as a signed package, without offering it.

    \b
    Exit codes:
      0  written
      1  refused: the message says why
      2  the command line is wrong
    """
    card = packing.PackCard(description=description, tags=tags, is_unmeasured=unmeasured)
    async with serving(city, "process pack"):
        package = await packing.packed(await _process_id(process_key, "process"), card)
    await asyncio.to_thread(out.write_text, package.text, "utf-8")
    click.echo(f"{package.content.key} {package.content.no} {package.checksum}")


@click.command("adopt")
@click.argument("source", type=_FILE, metavar="FILE")
@click.option("--city", required=True, help="Slug of the city.")
@click.option("--bindings", type=_FILE, help='JSON: {"role:<key>": "<key here>", "unit:<key>": "<key here>", …}.')
@click.option("--key", "process_key", default="", help="Key of the new process; the package's else.")
@click.option("--onto", default="", help="Key of the city's process that it goes onto, instead of a new one.")
@click.option("--choices", type=_FILE, help='JSON: {"drawing": "theirs", "forms/<key>": "mine", …}, for --onto.')
@click.option("--accept-untrusted", is_flag=True, help="Take a package that nobody we trust has signed.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@database
async def adopt(
    source: Path,
    city: str,
    bindings: Path | None,
    process_key: str,
    onto: str,
    choices: Path | None,
    accept_untrusted: bool,
    as_json: bool,
) -> None:
    """Take the package FILE into a city: with every name bound it becomes a draft, else it waits for the rest.

    With --onto what differs from the process has to be chosen: what is open is named, and the same command with more
    choices goes on.

    \b
    Exit codes:
      0  taken, or begun with names still open
      1  refused: the message says why
      2  the command line is wrong
    """
    async with serving(city, "process adopt"):
        with source.open("rb") as opened:
            package = await adopting.read_package(opened.read(file.BYTES + 1))  # one more is told as too big
        process = await _process_id(onto, "onto") if onto else None
        row = await adopting.adopt(package, onto=process, is_untrusted_taken=accept_untrusted)
        if bindings is not None:
            row = await binding.bind_names(row.id, await _wishes(_map_in(bindings, "bindings")))
        open_ = [each.name.address for each in await binding.bound_names(row) if not each.target]
        if not open_:
            taken = {} if choices is None else _map_in(choices, "choices")
            card = landing.LandCard(key=process_key, baseline=BaselineCard(source=Source.NONE), choices=taken)
            row = await landing.land(row.id, card)
        row = await read_adoption(row.id) or row
    _tell(row, open_, as_json)


@click.command("catalogue")
@click.option("--city", required=True, help="Slug of the city that looks.")
@click.option("--search", default="", help="A part of a title, a description or a key.")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON each.")
@database
async def catalogue(city: str, search: str, as_json: bool) -> None:
    """List the practices that cities offer, the newest first."""
    async with serving(city, "process catalogue"):
        found = await practices.list_practices(Wanted(text=search), limit=MOST_LISTED, after=None)
    for each in found:
        effect = (each.summary["effect"] or {}).get("verdict", "none")
        facts = {"key": each.key, "no": each.no, "title": each.title, "cities": each.cities, "effect": effect}
        click.echo(json.dumps(facts, ensure_ascii=False) if as_json else "  ".join(map(str, facts.values())))


async def _process_id(key: str, field: str) -> uuid.UUID:
    async with tenant_tx():
        row = await Process.select(Process.id).where(Process.key == key).first()
    if row is None:
        raise refuse("not_found", field)
    found: uuid.UUID = row["id"]
    return found


def _map_in(path: Path, field: str) -> dict[str, str]:
    """Return the JSON object of texts in a file; refuse what is none by the option that names the file."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise refuse("package_map_unread", field, reason=str(error)[:200]) from error
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise refuse("package_map_unread", field, reason="{}")
    return found


async def _wishes(bindings: dict[str, str]) -> list[binding.Wish]:
    """Return what a file of bindings says, the city's own units and positions by their keys."""
    async with tenant_tx() as unit:
        here = await binding.here_of(unit)
    wishes = []
    for address, target in bindings.items():
        kind, _, name = address.partition(":")
        wishes.append(binding.Wish(kind=kind, key=name, target=here.keys.get(kind, {}).get(target, target)))
    return wishes


def _tell(row: PackageAdoption, open_: list[str], as_json: bool) -> None:
    facts: dict[str, Any] = {
        "id": str(row.id),
        "state": row.state,
        "processId": None if row.process_id is None else str(row.process_id),
        "open": open_,
    }
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    click.echo(f"{row.package_key} {row.package_no}: {row.state}")
    for each in open_:
        click.echo(f"  not bound: {each}")
