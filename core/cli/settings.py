"""``leancity settings``."""

from __future__ import annotations

import click

from leancity.core.config import reference


@click.command()
def settings() -> None:
    """Print the settings that the environment may give, as Markdown."""
    click.echo(reference(), nl=False)
