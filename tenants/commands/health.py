"""``leancity city health``: how the cities stand, for people and for monitoring."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click

from leancity.core.cli.running import database
from leancity.core.tenancy.cards import Card, Chosen, all_cards, find_card
from leancity.tenants.operator.checks import Health
from leancity.tenants.operator.health import health_of
from leancity.tenants.operator.thresholds import WORST_LAST, Status

EXIT_CODES = {Status.OK: 0, Status.WARNING: 4, Status.CRITICAL: 5}
AT_A_TIME = 25  # cities between two lines of progress


@click.command("health")
@click.argument("slug", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each city.")
@database
async def city_health(slug: str | None, as_json: bool) -> None:
    """Say how a city stands, or every tenant without SLUG; of what is well only that it is.

    \b
    Exit codes:
      0  everything is well
      1  refused: there is no such city
      2  the command line is wrong
      4  at worst a warning
      5  something is critical
    """
    cards = [await find_card(slug)] if slug else await all_cards(Chosen())
    worst, done = Status.OK, 0
    for part in _parts(cards):
        for health in await health_of(part):
            click.echo(json.dumps(_facts(health), ensure_ascii=False) if as_json else _told(health))
            worst = max(worst, health.status, key=WORST_LAST.index)
        done += len(part)
        if len(cards) > AT_A_TIME:
            click.echo(f"{done} of {len(cards)} cities", err=True)
    sys.exit(EXIT_CODES[worst])


def _parts(cards: Sequence[Card]) -> Iterator[Sequence[Card]]:
    for start in range(0, len(cards), AT_A_TIME):
        yield cards[start : start + AT_A_TIME]


def _facts(health: Health) -> dict[str, Any]:
    checks = [
        {"key": check.key, "status": check.status, "figure": round(check.figure, 3), "text": check.text("en")}
        for check in health.checks
    ]
    return {"city": health.city, "status": health.status, "checks": checks}


def _told(health: Health) -> str:
    wrong = [check for check in health.checks if check.status is not Status.OK]
    lines = [f"  {check.status}: {check.title('en')}: {check.text('en')}" for check in wrong]
    return "\n".join([f"{health.city}\t{health.status}", *lines])
