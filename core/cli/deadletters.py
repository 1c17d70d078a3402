"""``leancity deadletters``: jobs that have failed for good."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable, Collection
from typing import Any

import click

from leancity.core.cli.running import database
from leancity.core.cli.serving import serving
from leancity.core.errors import refuse
from leancity.core.jobs import deadletters as service
from leancity.core.jobs.deadletters import BATCH, DeadLetter, Wanted
from leancity.core.moment import now

Change = Callable[[Collection[uuid.UUID]], Awaitable[int]]


@click.group()
def deadletters() -> None:
    """See jobs that have failed for good, let them run anew, or drop them."""


@deadletters.command("list")
@click.option("--city", help="Slug of the city; every city that has some without it.")
@click.option("--job", help="Name of the job.")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON each.")
@database
async def list_(city: str | None, job: str | None, as_json: bool) -> None:
    """Print dead letters, city by city, the eldest first."""
    for slug in [city] if city else await service.cities_with_dead_letters():
        async with serving(slug, "deadletters list"):
            after = None
            while letters := await service.dead_letters(Wanted(job=job), after=after):
                for letter in letters:
                    facts = _facts(slug, letter)
                    click.echo(json.dumps(facts, ensure_ascii=False) if as_json else _told(facts))
                after = letters[-1].died_at, letters[-1].id


def _choosing(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that choose dead letters."""
    options = (
        click.option("--city", help="Those of this city (its slug)."),
        click.option("--job", help="Those of this job (its name)."),
        click.option("--id", "ids", multiple=True, type=click.UUID, help="This one; may be repeated."),
        click.option("--all", "everything", is_flag=True, help="All of them, in every city."),
        click.option("--json", "as_json", is_flag=True, help="Print how many as JSON."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@deadletters.command("replay")
@_choosing
@database
async def replay(
    city: str | None, job: str | None, ids: tuple[uuid.UUID, ...], everything: bool, as_json: bool
) -> None:
    """Let dead letters run anew, with all their attempts, once what they died of is mended."""
    await _change(service.replay, "replay", "replayed", city, job, ids, everything, as_json)


@deadletters.command("discard")
@_choosing
@database
async def discard(
    city: str | None, job: str | None, ids: tuple[uuid.UUID, ...], everything: bool, as_json: bool
) -> None:
    """Drop dead letters. Their rows stay for a month as «discarded», and the city sees that it was done."""
    await _change(service.discard, "discard", "discarded", city, job, ids, everything, as_json)


async def _change(
    change: Change,
    verb: str,
    done: str,
    city: str | None,
    job: str | None,
    ids: tuple[uuid.UUID, ...],
    everything: bool,
    as_json: bool,
) -> None:
    if everything == bool(city or job or ids):
        raise click.UsageError("give --city, --job or --id, or else --all")
    where = await service.cities_of(ids)
    for each in ids:
        if city not in (None, where.get(each)) or each not in where:
            raise refuse("dead_letter_unknown", "id", id=str(each))
    cities = [city] if city else sorted({*where.values()} if ids else await service.cities_with_dead_letters())
    total, begun = 0, now()
    for slug in cities:
        chosen = [each for each in ids if where[each] == slug] if ids else None
        wanted = Wanted(job=job, ids=chosen, died_before=begun)
        async with serving(slug, f"deadletters {verb}"):
            total += await _all_of(wanted, change, slug, done)
    click.echo(json.dumps({done: total}) if as_json else f"{total} {done}")


async def _all_of(wanted: Wanted, change: Change, slug: str, done: str) -> int:
    """Change what is dead now, batch by batch: what dies again meanwhile is not changed once more."""
    total, after = 0, None
    while letters := await service.dead_letters(wanted, after=after):
        total += await change([letter.id for letter in letters])
        after = letters[-1].died_at, letters[-1].id
        if len(letters) == BATCH:
            click.echo(f"{slug}: {total} {done} so far", err=True)
    return total


def _facts(slug: str, letter: DeadLetter) -> dict[str, Any]:
    return {
        "city": slug,
        "id": str(letter.id),
        "job": letter.job,
        "queue": letter.queue,
        "attempts": letter.attempts,
        "diedAt": letter.died_at.isoformat(timespec="seconds"),
        "error": letter.error,
        "isUncertain": letter.is_uncertain,
    }


def _told(facts: dict[str, Any]) -> str:
    doubt = ", delivery uncertain" if facts["isUncertain"] else ""
    return (
        f"{facts['city']}\t{facts['id']}\t{facts['job']}\t{facts['attempts']} attempts, died {facts['diedAt']}{doubt}\t"
        f"{facts['error']}"
    )
