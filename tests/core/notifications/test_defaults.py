"""Whom the platform tells of what is checked at start, and a new version's default reaches a city by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import StartupError
from leancity.core.i18n.catalogue import LOCALES, merged
from leancity.core.notifications.defaults import KERNEL_DEFAULTS, problem_of
from leancity.core.notifications.events import EVENTS, OF_AUTHORS, OF_FOLLOWERS
from leancity.core.notifications.managing import RuleChange, change_rule
from leancity.core.notifications.rules import Rule, rules
from leancity.core.plugins import manager
from leancity.core.plugins.contributions import NotificationDefault
from leancity.core.plugins.hooks import hookimpl
from leancity.core.plugins.manager import Modules, installed_modules
from leancity.core.testing.city import City
from tests.house.guest import guest

GOOD = NotificationDefault(
    key="guest.left", title={"ru": "Уехал", "en": "Left"}, event="closed", audience="author", case_kind="guest.stay"
)


def plugin(folder: Path, *defaults: NotificationDefault) -> Any:
    module = guest(folder, [])

    def register_notifications() -> Any:
        return defaults

    vars(module)["register_notifications"] = hookimpl(register_notifications)
    return module


@pytest.fixture
def install(platform: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., None]]:
    def installed(*defaults: NotificationDefault) -> None:
        found = {"guest": plugin(tmp_path, *defaults)}
        monkeypatch.setattr(manager, "discover", lambda allowed: found)
        installed_modules.cache_clear()

    yield installed
    monkeypatch.undo()
    installed_modules.cache_clear()


def test_the_kernels_own_are_right() -> None:
    for default in KERNEL_DEFAULTS:
        assert problem_of(default, case_kinds=(), states=()) is None, default.key
    assert len({default.key for default in KERNEL_DEFAULTS}) == len(KERNEL_DEFAULTS)


def test_every_event_has_a_sentence() -> None:
    texts = merged(installed_modules())
    wanted = {f"notify_{event}" for event in EVENTS} | {f"notify_{event}_own" for event in OF_AUTHORS}
    wanted |= {f"notify_{event}_followed" for event in OF_FOLLOWERS}
    assert {locale: wanted - texts[locale].keys() for locale in LOCALES} == {locale: set() for locale in LOCALES}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"key": "guest"}, "must have 2 parts"),
        ({"key": "core.left"}, "start with 'guest'"),
        ({"title": {"ru": "Уехал"}}, "title in ru and en"),
        ({"event": "state_entered"}, "event: 'state_entered'"),
        ({"audience": "everybody"}, "audience: 'everybody'"),
        ({"audience": "role:guest.nobody"}, "no such role"),
        ({"channels": ()}, "channels: ()"),
        ({"channels": ("pigeon",)}, "channels"),
        ({"case_kind": "guest.nothing"}, "no such kind of case"),
        ({"status": "gone"}, "no state 'gone'"),
        ({"visibility": "public"}, "visibility: 'public'"),
        ({"event": "commented"}, "visibility: ''"),
        ({"event": "assigned"}, "audience: 'author'"),
        ({"event": "assigned", "audience": "follower"}, "audience: 'follower'"),
    ],
)
def test_a_wrong_one_stops_the_start_by_its_name(changes: dict[str, Any], said: str, tmp_path: Path) -> None:
    Modules({"guest": plugin(tmp_path, GOOD)})
    with pytest.raises(StartupError, match="guest") as error:
        Modules({"guest": plugin(tmp_path, replace(GOOD, **changes))})
    assert said in str(error.value)


def test_a_text_that_is_not_there_stops_the_start(install: Callable[..., None]) -> None:
    install(replace(GOOD, text="guest.full"))
    installed_modules()
    install(replace(GOOD, text="guest.nothing"))
    with pytest.raises(StartupError, match=r"guest.left: no such text: 'guest.nothing'"):
        installed_modules()


async def test_a_new_default_reaches_a_city_and_what_it_switched_off_stays_off(
    install: Callable[..., None], make_city: Callable[..., Awaitable[City]]
) -> None:
    install(GOOD)
    city = await make_city("guest")

    async def known() -> dict[str, Rule]:
        async with city.serving(), tenant_tx():
            return {rule.key: rule for rule in await rules()}

    assert (await known())["guest.left"].is_on
    async with city.serving():
        await change_rule("guest.left", RuleChange(is_on=False))
    install(replace(GOOD, channels=("inapp",)), replace(GOOD, key="guest.came", event="filed"))
    found = await known()
    assert (found["guest.left"].is_on, found["guest.left"].channels) == (False, ("inapp",)), "the rest follows"
    assert found["guest.came"].is_on
    await city.leave("guest")
    assert not {"guest.left", "guest.came"} & (await known()).keys()
