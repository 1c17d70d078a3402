"""``leancity jobs``: how the queues stand."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from leancity.core.cli.running import database
from leancity.core.jobs.view import noisiest_cities, queue_figures


@click.command()
@click.option("--cities", default=10, show_default=True, help="How many of the noisiest cities to show.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@database
async def jobs(cities: int, as_json: bool) -> None:
    """Show each queue: jobs waiting, running, for later, dead, and for how long the eldest has waited."""
    queues, noisy = await queue_figures(), await noisiest_cities(cities)
    if as_json:
        click.echo(
            json.dumps({"queues": [asdict(each) for each in queues], "cities": [asdict(each) for each in noisy]})
        )
        return
    for each in queues:
        click.echo(
            f"{each.queue:<12} waiting {each.waiting}, running {each.running}, later {each.later}, dead {each.dead}, "
            f"lag {each.lag:.1f} s"
        )
    for city in noisy:
        click.echo(f"{city.city:<12} due {city.waiting}, running {city.running}, dead {city.dead}")
