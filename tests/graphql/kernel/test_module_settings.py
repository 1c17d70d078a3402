"""A city's settings of a module, for who may change them."""

from __future__ import annotations

from typing import Any

import msgspec

from leancity.core.testing.city import TestUser
from leancity.modules.city_problems.settings import CityProblemsSettings
from tests.graphql.kernel.conftest import Office

SETTINGS = '{ moduleSettings(module: "%s") { module title values schema } }'
CHANGE = """mutation ($module: String!, $changes: JSON!) { moduleSettingsChange(module: $module, changes: $changes) {
  errors { field code message } settings { values } } }"""
DEFAULTS = msgspec.to_builtins(CityProblemsSettings())


async def change(office: Office, who: TestUser, changes: object, module: str = "city_problems") -> Any:
    return await office.city.graphql(CHANGE, {"module": module, "changes": changes}, as_=who, locale="ru")


async def test_shown_changed_and_refused(office: Office) -> None:
    chief = await office.city.user("city_problems.settings.change")
    shown = await office.ask(SETTINGS % "city_problems", as_=chief)
    assert (shown["module"], shown["title"], shown["values"]) == ("city_problems", "Городские проблемы", DEFAULTS)
    properties = shown["schema"]["$defs"]["CityProblemsSettings"]["properties"]
    assert properties["most_photos"]["maximum"] == 20 and properties["most_photos"]["default"] == 5

    changed = await change(office, chief, {"most_photos": 2})
    assert changed["data"]["moduleSettingsChange"] == {
        "errors": [],
        "settings": {"values": {**DEFAULTS, "most_photos": 2}},
    }
    for wrong in ({"most_photos": 21}, {"dragons": 1}, {"most_photos": "\0"}, [1], "x", 1):
        refused = (await change(office, chief, wrong))["data"]["moduleSettingsChange"]
        assert refused["settings"] is None
        assert [(error["field"], error["code"]) for error in refused["errors"]] == [("changes", "settings_invalid")]
    assert (await office.ask(SETTINGS % "city_problems", as_=chief))["values"]["most_photos"] == 2


async def test_the_modules_own_permission_counts_and_no_other(office: Office) -> None:
    """The dispatcher here may change the settings of modules that declare no permission of their own."""
    for answer in (
        await office.city.graphql(SETTINGS % "city_problems", as_=office.dispatcher),
        await change(office, office.dispatcher, {"most_photos": 2}),
    ):
        assert answer["errors"][0]["extensions"] == {
            "code": "FORBIDDEN",
            "permission": "city_problems.settings.change",
        }


async def test_of_a_module_that_is_not_there(office: Office) -> None:
    chief = await office.city.user("city_problems.settings.change", "core.settings.change")
    await office.city.leave("city_problems")
    for module in ("city_problems", "dragons", "", "city_problems.settings", "core.settings"):
        for answer in (
            await office.city.graphql(SETTINGS % module, as_=chief),
            await change(office, chief, {"most_photos": 2}, module),
        ):
            errors = answer.get("errors") or (answer["data"].get("moduleSettingsChange") or {})["errors"]
            code = errors[0].get("code") or errors[0]["extensions"]["code"]
            assert code.upper() == "NOT_FOUND", module


async def test_of_the_kernel_itself(office: Office) -> None:
    chief = await office.city.user("core.settings.change")
    shown = await office.ask(SETTINGS % "core", as_=chief)
    assert shown["title"] == "Город и его учётные записи"
    assert shown["values"] == {"residents_may_register": True, "is_totp_required": False}
    changed = await change(office, chief, {"residents_may_register": False}, "core")
    assert changed["data"]["moduleSettingsChange"]["settings"]["values"]["residents_may_register"] is False
    refused = await change(office, office.gardener, {"is_totp_required": True}, "core")
    assert refused["errors"][0]["extensions"] == {"code": "FORBIDDEN", "permission": "core.settings.change"}
