"""GraphQL's part of the command ``leancity``."""

from __future__ import annotations

import click

from leancity.core.plugins.manager import installed_modules


@click.command()
def schema() -> None:
    """Print the GraphQL schema with every installed module on."""
    from leancity.graphql.export import schema_text  # a second's work, of which no other command has any use

    click.echo(schema_text(installed_modules()), nl=False)
