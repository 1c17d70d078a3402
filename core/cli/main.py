"""The command's table of contents."""

from __future__ import annotations

import click

from leancity.core.app import platform_parts
from leancity.core.cli.access import access
from leancity.core.cli.audit import audit
from leancity.core.cli.database import db
from leancity.core.cli.deadletters import deadletters
from leancity.core.cli.doctor import doctor
from leancity.core.cli.imports import import_
from leancity.core.cli.jobs import jobs
from leancity.core.cli.local import borrow
from leancity.core.cli.processes import scheduler, web, worker
from leancity.core.cli.providers import provider
from leancity.core.cli.running import failing
from leancity.core.cli.settings import settings
from leancity.core.cli.tokens import token
from leancity.core.cli.up import up


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(context: click.Context) -> None:
    """Runs and looks after a leancity installation."""
    if context.invoked_subcommand != up.name:
        with failing():
            borrow()


COMMANDS = (
    *(up, web, worker, scheduler, db, doctor, settings, token, provider, import_, access, audit),
    *(jobs, deadletters),
)
for command in COMMANDS:
    main.add_command(command)
for part in platform_parts().values():
    for command in getattr(part, "commands", list)():
        main.add_command(command)
