"""The administrators' page of settings is what the modules declare."""

from __future__ import annotations

from leancity.core.plugins.manager import Modules
from leancity.core.settings.declared import fields_of
from leancity.core.settings.page import page
from leancity.core.testing.platform import Platform
from tests.core.settings.rich import RichSettings
from tests.house.source import ROOT

PAGE = ROOT / "docs" / "administrators" / "settings.md"


def test_the_page_is_what_the_modules_declare(modules: Modules) -> None:
    assert PAGE.read_text("utf-8").endswith(f"\n\n{page(modules)}"), "paste what `leancity settings --city` prints"
    for module, kind in modules.settings.items():
        for field in fields_of(kind):
            assert f"`{field.name}`" in page(modules).partition(f"(`{module}`)")[2]


def test_the_command_prints_it(platform: Platform, modules: Modules) -> None:
    assert platform.command("settings", "--city").stdout == page(modules)


def test_every_type_has_words() -> None:
    modules = Modules({})
    modules.settings = {"core": RichSettings}
    rows = {line.partition("<br>`")[2].partition("`")[0]: line for line in page(modules).splitlines()}
    ends = {name: "|".join(line.split("|")[-3:-1]).strip() for name, line in rows.items() if name}
    assert ends == {
        "is_open": "yes or no | `yes`",
        "places": "integer from 0 to 20 | `5`",
        "share": "number | `0.5`",
        "code": "text, at most 5 characters, like `^[a-z]*$` | `abc`",
        "way": "`mail` (Mail), `sms` (SMS) | `mail`",
        "opens": "time from 06:00 to 22:30 | `09:00`",
        "pause": "duration to PT7200S | `PT1800S`",
        "days": "list of at most 3: integer from 1 to 7 | `1, 2`",
        "ways": "list of at most 2: `mail` (Mail), `sms` (SMS) | empty",
        "limit": "integer from 1 | not set",
        "note": "text, at most 50 characters | not set",
    }
