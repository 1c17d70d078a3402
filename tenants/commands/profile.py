"""``leancity city profile``: what a profile would bring a city, and bringing it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from leancity.core.cli.running import database
from leancity.core.cli.serving import serving
from leancity.tenants.profiles.applying import apply_profile
from leancity.tenants.profiles.drift import Difference, differences
from leancity.tenants.profiles.reading import profile_names, read_profile, read_profile_file

DRIFTED = 4


@click.command("profile")
@click.argument("slug", required=False)
@click.argument("profile", required=False)
@click.option("--apply", "is_applied", is_flag=True, help="Bring the city what it lacks of the profile.")
@click.option("--over-own", is_flag=True, help="With --apply: also where the city has decided otherwise.")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each difference.")
@database
async def city_profile(slug: str | None, profile: str | None, is_applied: bool, over_own: bool, as_json: bool) -> None:
    """Print in what the city SLUG differs from PROFILE (a name or a JSON file); without both, the profiles there are.

    What the city has decided itself stays, and applying a profile a second time changes nothing.

    \b
    Exit codes:
      0  nothing differs (with --apply: any more)
      1  refused: the message says why
      2  the command line is wrong
      4  the city differs from the profile
    """
    if slug is None:
        for name in profile_names():
            click.echo(name)
        return
    if profile is None:
        raise click.UsageError("name a profile too")
    if over_own and not is_applied:
        raise click.UsageError("--over-own goes with --apply")
    wanted = read_profile_file(Path(profile)) if profile.endswith(".json") else read_profile(profile)
    async with serving(slug, "city profile"):
        if is_applied:
            done = await apply_profile(wanted, over_own=over_own)
            left = done.kept
            for each in done.written:
                _tell(each, as_json=as_json, is_written=True)
        else:
            left = tuple(await differences(wanted))
    for each in left:
        _tell(each, as_json=as_json, is_written=False)
    if left:
        click.get_current_context().exit(DRIFTED)


def _tell(each: Difference, *, as_json: bool, is_written: bool) -> None:
    if as_json:
        click.echo(json.dumps({**asdict(each), "isWritten": is_written}, ensure_ascii=False))
        return
    wanted, found = (json.dumps(values, ensure_ascii=False) for values in (each.wanted, each.found))
    what = "written" if is_written else each.drift.value
    click.echo(f"{what}\t{each.collection}\t{each.key or '-'}\t{wanted}\t{'' if is_written else found}")
