"""How a command runs: settings checked, the database open, errors as lines and exit codes."""

from __future__ import annotations

import asyncio
import functools
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, NoReturn

import asyncpg
import click

from leancity.core.audit import desk
from leancity.core.audit.writing import AuditUnavailable
from leancity.core.config import Config, load, require
from leancity.core.db.engine import close_pool, open_pool
from leancity.core.errors import Refused, StartupError
from leancity.core.i18n.catalogue import describe
from leancity.core.plugins.gate import ModuleClosed
from leancity.core.plugins.manager import Modules, installed_modules

WRONG = 1
USAGE = 2


def installed() -> Modules:
    """Return the plug-ins of this installation."""
    return installed_modules()


def database(command: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run an async command with the application's database open; refusals become lines and exit code 1."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        with failing():
            config = load()
            require(config, "database_url")
            asyncio.run(_with_pool(config, functools.partial(command, *args, **kwargs)))

    return run


async def _with_pool(config: Config, work: Callable[[], Awaitable[None]]) -> None:
    await open_pool(config.database_url, size=2)
    try:
        await work()
    finally:
        with suppress(AuditUnavailable):  # the command's own error says more
            await desk.flush()
        await close_pool()


class failing:
    """Turn what an operator can mend into lines on standard error; let the rest be a traceback."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        match error:
            case Refused():
                for problem in error.problems:
                    where = f"{problem.field}: " if problem.field else ""
                    click.echo(f"leancity: {where}{describe(problem, 'en')}", err=True)
                _leave()
            case StartupError() | ModuleClosed():
                click.echo(f"leancity: {error}", err=True)
                _leave()
            case asyncpg.InvalidPasswordError() | asyncpg.InvalidAuthorizationSpecificationError():
                click.echo(f"leancity: the database refuses us: {error}", err=True)
                _leave()
            case asyncpg.CannotConnectNowError() | ConnectionError() | FileNotFoundError():
                click.echo(f"leancity: no database answers: {error}", err=True)
                _leave()


def _leave() -> NoReturn:
    sys.exit(WRONG)
