"""GraphQL's part of the platform."""

from __future__ import annotations

import click
from litestar.types import ControllerRouterHandler

from leancity.core.config import Config
from leancity.core.plugins.manager import Modules
from leancity.graphql.commands import schema


def route_handlers(modules: Modules, config: Config) -> list[ControllerRouterHandler]:
    """Return the handlers of ``/graphql``; raise ``StartupError`` when what a module contributes is wrong."""
    # Only a process that serves the web needs these.
    from leancity.graphql.cache import SchemaCache
    from leancity.graphql.check import check_contributions
    from leancity.graphql.controller import graphql_handlers
    from leancity.graphql.socket.handler import graphql_socket

    check_contributions(modules)
    schemas = SchemaCache(modules)
    return [*graphql_handlers(schemas, config), graphql_socket(schemas, config)]


def commands() -> list[click.Command]:
    """Return the commands of ``leancity``."""
    return [schema]
