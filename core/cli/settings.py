"""``leancity settings``."""

from __future__ import annotations

import click

from leancity.core.cli.running import failing, installed
from leancity.core.config import reference
from leancity.core.settings.page import page


@click.command()
@click.option("--city", "of_cities", is_flag=True, help="Print those that each city may change, by module.")
def settings(of_cities: bool) -> None:
    """Print the settings that the environment may give, as Markdown."""
    with failing():
        click.echo(page(installed()) if of_cities else reference(), nl=False)
