"""GraphQL's part of the command ``leancity``."""

from __future__ import annotations

import click

from leancity.core.plugins.manager import installed_modules
from leancity.core.tenancy.limits import TenantKind


@click.command()
@click.option("--kind", type=click.Choice([kind.value for kind in TenantKind]), default="city", show_default=True)
def schema(kind: str) -> None:
    """Print the GraphQL schema of a kind of tenant with every installed module on."""
    from leancity.graphql.export import schema_text  # a second's work, of which no other command has any use

    click.echo(schema_text(installed_modules(), TenantKind(kind)), nl=False)
