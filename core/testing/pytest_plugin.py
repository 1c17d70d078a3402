"""Fixtures that every module's tests get by installing leancity (a ``pytest11`` entry point).

The platform is imported inside the fixtures only: this file is loaded into every pytest run of the environment.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

if TYPE_CHECKING:
    from leancity.core.plugins.manager import Modules
    from leancity.core.testing.city import City
    from leancity.core.testing.mailbox import Mailbox
    from leancity.core.testing.phones import Phones
    from leancity.core.testing.platform import Platform


@pytest.fixture(scope="session")
def platform(pytestconfig: pytest.Config) -> Iterator[Platform]:
    """A running platform of this test process's own."""
    from leancity.core.testing.platform import free_place, running_platform

    # Not the worker's name: two runs side by side (an editor's and a terminal's) have the same ones.
    with free_place(pytestconfig.rootpath / ".leancity" / "test") as place, running_platform(place) as running:
        needed = ["DATABASE_URL", "LEANCITY_FILES", "LEANCITY_SECRET_KEY", "SMTP_URL", "MAIL_FROM"]
        needed += ["LEANCITY_OUTGOING_PRIVATE", "LEANCITY_SMS_URL", "LEANCITY_SMS_TOKEN"]
        os.environ.update({name: running.environment[name] for name in needed})
        yield running


@pytest.fixture(scope="session")
def modules() -> Modules:
    """The modules installed in this environment, loaded the way the platform loads them."""
    from leancity.core.plugins.manager import installed_modules

    return installed_modules()


@pytest_asyncio.fixture
async def database(platform: Platform) -> AsyncIterator[None]:
    """The application's database, open in this test's event loop."""
    from leancity.core.db.engine import close_pool, open_pool

    await open_pool(platform.app_url, size=5)
    yield
    await close_pool()


@pytest_asyncio.fixture
async def make_city(platform: Platform, database: None) -> Callable[..., Awaitable[City]]:
    """``await make_city("city_problems", zone="Asia/Tomsk")``: a fresh city with these modules."""
    from leancity.core.tenancy.limits import TenantKind
    from leancity.core.testing.city import new_city

    async def make(*names: str, zone: str = "Asia/Sakhalin", locale: str = "ru", kind: str = "city") -> City:
        return await new_city(platform, names, zone=zone, locale=locale, kind=TenantKind(kind))

    return make


@pytest_asyncio.fixture
async def city(make_city: Callable[..., Awaitable[City]], modules: Modules) -> City:
    """A fresh city with every installed module."""
    return await make_city(*modules.names)


@pytest_asyncio.fixture
async def another_city(make_city: Callable[..., Awaitable[City]], modules: Modules) -> City:
    """A second fresh city with every installed module."""
    return await make_city(*modules.names)


@pytest.fixture
def mailbox(platform: Platform) -> Iterator[Mailbox]:
    """The mail server that the platform is told of: what it is sent, for everybody."""
    from leancity.core.testing.mailbox import running_mailbox

    with running_mailbox(platform.environment["SMTP_URL"]) as box:
        yield box


@pytest.fixture
def phones(platform: Platform) -> Iterator[Phones]:
    """The relay of text messages that the platform is told of."""
    from leancity.core.testing.phones import running_phones

    with running_phones(platform.environment["LEANCITY_SMS_URL"]) as relay:
        yield relay
