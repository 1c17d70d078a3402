"""A group of commands, each imported when it is asked for: a help needs no archive, a worker no web."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click


class LazyGroup(click.Group):
    """``named`` tells each command's name and where it is: ``package.file:attribute``."""

    def __init__(self, name: str, named: Mapping[str, str], *, help: str) -> None:
        super().__init__(name, help=help)
        self._named = named

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self._named)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._named:
            return None
        file, _, attribute = self._named[cmd_name].partition(":")
        command: click.Command = getattr(import_module(file), attribute)
        return command
