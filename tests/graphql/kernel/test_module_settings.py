"""A city's settings of a module, for who may change them: shown with where they are from, changed by typed inputs."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import pytest
import strawberry
from strawberry.types.base import StrawberryObjectDefinition

from leancity.core.errors import StartupError
from leancity.core.plugins.hooks import hookimpl
from leancity.core.plugins.manager import Modules
from leancity.core.settings.declaration import ModuleSettings
from leancity.core.testing.city import TestUser
from leancity.graphql.check import check_contributions
from leancity.graphql.kernel.setting_inputs import settings_input
from leancity.graphql.schema import build_schema
from tests.core.settings.rich import RichSettings
from tests.graphql.conftest import make_plugin
from tests.graphql.kernel.conftest import Office

FIELDS = "fields { name title help type isList value origin inherited schema }"
SETTINGS = '{ moduleSettings(module: "%s") { module title dropped schema ' + FIELDS + " } }"
CHANGE = """mutation ($changes: SettingsChanges!) { settingsChange(changes: $changes) {
  errors { field code message } settings { fields { name value origin } } } }"""
INPUTS = '{ __type(name: "SettingsChanges") { isOneOf inputFields { name type { name } } } }'
TYPE = '{ __type(name: "CityProblemsSettingsInput") { inputFields { name type { name kind } } } }'


async def change(office: Office, who: TestUser, changes: object, *, locale: str = "ru") -> Any:
    return await office.city.graphql(CHANGE, {"changes": changes}, as_=who, locale=locale)


async def changed(office: Office, who: TestUser, **changes: object) -> dict[str, tuple[Any, str]]:
    """Change settings of the module and return value and origin by name."""
    payload = (await change(office, who, {"cityProblems": changes}))["data"]["settingsChange"]
    assert payload["errors"] == []
    return {each["name"]: (each["value"], each["origin"]) for each in payload["settings"]["fields"]}


async def test_shown_changed_and_reset(office: Office) -> None:
    chief = await office.city.user("city_problems.settings.change")
    shown = await office.ask(SETTINGS % "city_problems", as_=chief)
    assert (shown["module"], shown["title"], shown["dropped"]) == ("city_problems", "Городские проблемы", {})
    photos = next(each for each in shown["fields"] if each["name"] == "mostPhotos")
    assert photos == {
        "name": "mostPhotos",
        "title": "Фотографий в сообщении",
        "help": "Сколько фотографий можно приложить к одному сообщению.",
        "type": "INTEGER",
        "isList": False,
        "value": 5,
        "origin": "MODULE",
        "inherited": 5,
        "schema": shown["schema"]["properties"]["mostPhotos"],
    }
    assert (photos["schema"]["maximum"], photos["schema"]["title"]) == (20, "Фотографий в сообщении")

    assert (await changed(office, chief, mostPhotos=2))["mostPhotos"] == (2, "CITY")
    again = await changed(office, chief, isListPublic=False)
    assert (again["mostPhotos"], again["isListPublic"]) == ((2, "CITY"), (False, "CITY"))
    assert (await changed(office, chief, mostPhotos=None))["mostPhotos"] == (5, "MODULE")
    assert (await changed(office, chief))["isListPublic"] == (False, "CITY")


@pytest.mark.parametrize(
    ("locale", "message"), [("ru", "Не больше 20"), ("en", "At most 20")], ids=["russian", "english"]
)
async def test_what_does_not_fit_is_told_at_its_field_and_nothing_is_kept(
    office: Office, locale: str, message: str
) -> None:
    chief = await office.city.user("city_problems.settings.change")
    answer = await change(office, chief, {"cityProblems": {"mostPhotos": 21, "isListPublic": False}}, locale=locale)
    assert answer["data"]["settingsChange"] == {
        "errors": [{"field": "changes.cityProblems.mostPhotos", "code": "setting_too_large", "message": message}],
        "settings": None,
    }
    shown = await office.ask(SETTINGS % "city_problems", as_=chief)
    assert {each["origin"] for each in shown["fields"]} == {"MODULE"}


@pytest.mark.parametrize(
    "changes",
    [
        {"cityProblems": {"mostPhotos": "two"}},
        {"cityProblems": {"dragons": 1}},
        {"dragons": {"fire": 1}},
        {"cityProblems": {"mostPhotos": 2}, "core": {"isTotpRequired": True}},
        {"cityProblems": None},
        {},
        [1],
    ],
)
async def test_what_is_of_another_type_is_no_input(office: Office, changes: Any) -> None:
    chief = await office.city.user("city_problems.settings.change", "core.settings.change")
    answer = await change(office, chief, changes)
    assert answer.get("data") is None
    assert answer["errors"][0]["extensions"]["code"] in {"BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"}
    assert await office.city.rows("select id from custom_item where tenant_id = $1") == []


async def test_the_modules_own_permission_counts_and_no_other(office: Office) -> None:
    """The dispatcher here may change the settings of modules that declare no permission of their own."""
    for answer in (
        await office.city.graphql(SETTINGS % "city_problems", as_=office.dispatcher),
        await change(office, office.dispatcher, {"cityProblems": {"mostPhotos": 2}}),
    ):
        assert answer["errors"][0]["extensions"] == {
            "code": "FORBIDDEN",
            "permission": "city_problems.settings.change",
        }


async def test_of_a_module_that_is_not_there(office: Office) -> None:
    chief = await office.city.user("city_problems.settings.change", "core.settings.change")
    inputs = await office.ask(INPUTS, as_=chief)
    assert inputs["isOneOf"] is True
    assert {each["name"]: each["type"]["name"] for each in inputs["inputFields"]} == {
        "core": "CoreSettingsInput",
        "cityProblems": "CityProblemsSettingsInput",
    }
    types = {each["name"]: each["type"] for each in (await office.ask(TYPE, as_=chief))["inputFields"]}
    assert types["mostPhotos"] == {"name": "Int", "kind": "SCALAR"}, "it may be left out"

    await office.city.leave("city_problems")
    for module in ("city_problems", "dragons", "", "city_problems.settings", "core.settings"):
        answer = await office.city.graphql(SETTINGS % module, as_=chief)
        assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND", module
    assert [each["name"] for each in (await office.ask(INPUTS, as_=chief))["inputFields"]] == ["core"]
    assert await office.ask(TYPE, as_=chief) is None
    answer = await change(office, chief, {"cityProblems": {"mostPhotos": 2}})
    assert answer.get("data") is None and "cityProblems" in answer["errors"][0]["message"]


async def test_of_the_kernel_itself(office: Office) -> None:
    chief = await office.city.user("core.settings.change")
    shown = await office.ask(SETTINGS % "core", as_=chief)
    assert shown["title"] == "Город и его учётные записи"
    delivered = {"residentsMayRegister": True, "isTotpRequired": False}
    assert {each["name"]: each["value"] for each in shown["fields"]}.items() >= delivered.items()
    payload = (await change(office, chief, {"core": {"residentsMayRegister": False}}))["data"]["settingsChange"]
    assert {"name": "residentsMayRegister", "value": False, "origin": "CITY"} in payload["settings"]["fields"]
    refused = await change(office, office.gardener, {"core": {"isTotpRequired": True}})
    assert refused["errors"][0]["extensions"] == {"code": "FORBIDDEN", "permission": "core.settings.change"}


async def test_what_fits_no_more_is_shown_as_dropped(office: Office) -> None:
    chief = await office.city.user("city_problems.settings.change")
    await changed(office, chief, mostPhotos=2)
    await office.city.rows(
        "update custom_item set changed = $2 where tenant_id = $1 returning id",
        json.dumps({"most_photos": 99, "was_removed": 1}),
    )
    shown = await office.ask(SETTINGS % "city_problems", as_=chief)
    assert shown["dropped"] == {"mostPhotos": {"city": 99}, "wasRemoved": {"city": 1}}
    assert next(each["value"] for each in shown["fields"] if each["name"] == "mostPhotos") == 5


def test_a_modules_input_is_made_once_and_its_name_is_taken(modules: Modules) -> None:
    schemas = [build_schema(modules, each) for each in (modules.names, modules.names, frozenset())]
    made = settings_input("city_problems", modules.settings["city_problems"])
    for schema, is_there in zip(schemas, (True, True, False), strict=True):
        found = schema.get_type_by_name("CityProblemsSettingsInput")
        assert (isinstance(found, StrawberryObjectDefinition) and found.origin is made) is is_there
    for name in ("CoreSettingsInput", "ParkingSettingsInput"):
        with pytest.raises(StartupError, match=f"parking: (the GraphQL type '|){name}"):
            check_contributions(Modules({"parking": with_settings(make_plugin("parking", query=impostor(name)))}))


def impostor(name: str) -> type:
    """Return a query whose type has the name of an input."""
    return strawberry.type(type("Impostor", (), {"__annotations__": {"one": int}, "one": 1}), name=name)


def with_settings(plugin: ModuleType) -> ModuleType:
    def register_settings() -> type[ModuleSettings]:
        return RichSettings

    vars(plugin)["register_settings"] = hookimpl(register_settings)
    return plugin
