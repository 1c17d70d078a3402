"""The command's table of contents. A command's code is imported when it is asked for: a worker serves no web."""

from __future__ import annotations

from importlib import import_module

import click

from leancity.core.cli.local import borrow
from leancity.core.cli.running import failing
from leancity.core.rooms import platform_parts

OWN = {
    "access": "access",
    "audit": "audit",
    "bpmn": "bpmn",
    "db": "database",
    "deadletters": "deadletters",
    "doctor": "doctor",
    "import": "imports",
    "jobs": "jobs",
    "process": "process",
    "provider": "providers",
    "registry": "registry",
    "scheduler": "processes",
    "settings": "settings",
    "token": "tokens",
    "up": "up",
    "web": "processes",
    "worker": "processes",
}
"""Command to the file beside this one that holds it, under its name (``import_`` for import)."""


class Commands(click.Group):
    """The kernel's commands and those of the rooms above it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*OWN, *_of_the_platform()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in OWN:
            return _of_the_platform().get(cmd_name)
        file = import_module(f"leancity.core.cli.{OWN[cmd_name]}")
        command: click.Command = getattr(file, "import_" if cmd_name == "import" else cmd_name)
        return command


def _of_the_platform() -> dict[str, click.Command]:
    parts = platform_parts().values()
    return {command.name or "": command for part in parts for command in getattr(part, "commands", list)()}


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(context: click.Context) -> None:
    """Runs and looks after a leancity installation."""
    if context.invoked_subcommand != "up":
        with failing():
            borrow()
