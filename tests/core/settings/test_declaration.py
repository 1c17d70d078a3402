"""What a module declares wrongly stops the start, with module and field; what it declares rightly is read as meant."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Annotated, Any, Literal

import msgspec
import pytest

from leancity.core.errors import StartupError
from leancity.core.settings.declaration import ModuleSettings, Setting
from leancity.core.settings.declared import checked_kinds
from leancity.core.settings.forms import schema_of
from tests.core.settings.rich import BOTH, RichSettings, fields

CHOICES = {"a": BOTH, "b": BOTH}


def told(**more: Any) -> Setting:
    return Setting(**{"title": BOTH, "help": BOTH, **more})


def declared(hint: Any, default: Any = msgspec.NODEFAULT, name: str = "one") -> Any:
    field = (name, hint) if default is msgspec.NODEFAULT else (name, hint, default)
    return msgspec.defstruct("ParkSettings", [field], bases=(ModuleSettings,), frozen=True, kw_only=True)


@pytest.mark.parametrize(
    ("hint", "default", "message"),
    [
        (Annotated[int, told()], msgspec.NODEFAULT, "one: needs a default"),
        (int, 1, "one: is annotated by no Setting"),
        (Annotated[int, told(), told()], 1, "one: is annotated by two Settings"),
        (Annotated[int, told(title={"en": "x"})], 1, "one: title has no text in ru"),
        (Annotated[int, told(help={"en": " ", "ru": "x"})], 1, "one: help has no text in en"),
        (Annotated[int, told(le=3)], 4, "one: the default 4 does not fit its own declaration"),
        (Annotated[int, told()], True, "one: the default True does not fit"),
        (Annotated[int, told(le=2**40)], 4, "one: its bounds have more than 32 bits"),
        (Annotated[int, told(ge="x")], 4, "one: ge and le do not fit a integer"),
        (Annotated[bool, told(ge=0)], True, "one: ge and le do not fit a boolean"),
        (Annotated[time, told(ge=0)], time(9), "one: ge and le do not fit a time"),
        (Annotated[time, told()], time(9, 0, 30), "one: the default"),
        (Annotated[str, told()], "x", "one: needs a positive max_length"),
        (Annotated[str, told(max_length=3, pattern="(")], "x", "one: pattern: "),
        (Annotated[int, told(max_length=3)], 1, "one: max_length does not fit a integer"),
        (Annotated[int, told(pattern="x")], 1, "one: pattern does not fit a integer"),
        (Annotated[tuple[int, ...], told()], (), "one: needs a positive max_items"),
        (Annotated[list[int], told(max_items=3)], [], "is not supported"),
        (Annotated[dict[str, int], told()], {}, "is not supported"),
        (Annotated[int | str, told()], 1, "is not supported"),
        (Annotated[int | None, told()], 1, "one: None is the default of what is optional"),
        (Annotated[int, told()], None, "one: None is the default of what is optional"),
        (Annotated[Literal["a", "b"], told()], "a", "one: choices title"),
        (
            Annotated[Literal["a", "b"], told(choices={"a": BOTH, "b": {"en": "x"}})],
            "a",
            "choice 'b' has no text in ru",
        ),
        (Annotated[Literal["a", "b"], told(choices=CHOICES)], "c", "one: the default 'c' does not fit"),
        (Annotated[Literal[1, 2], told()], 1, "one: a Literal names texts"),
        (Annotated[int, msgspec.Meta(ge=1), told()], 1, "one: its bounds belong into the Setting"),
    ],
)
def test_what_is_declared_wrongly_stops_the_start(hint: Any, default: Any, message: str) -> None:
    with pytest.raises(StartupError) as raised:
        checked_kinds({"park": declared(hint, default)})
    assert str(raised.value).startswith("park: register_settings: ")
    assert message in str(raised.value)


def test_a_name_and_a_structure_are_checked_too() -> None:
    with pytest.raises(StartupError, match="park: register_settings: is_2nd: a name is lower case words"):
        checked_kinds({"park": declared(Annotated[int, told()], 1, name="is_2nd")})
    with pytest.raises(StartupError, match="park: register_settings: <class 'int'> is no frozen ModuleSettings"):
        checked_kinds({"park": int})
    thawed = msgspec.defstruct("ParkSettings", [("one", Annotated[int, told()], 1)], frozen=True)
    with pytest.raises(StartupError, match="is no frozen ModuleSettings"):
        checked_kinds({"park": thawed})


def test_a_form_is_made_of_the_declaration() -> None:
    assert checked_kinds({"rich": RichSettings}) == {"rich": RichSettings}
    shown = {name: schema_of(field, "ru") for name, field in fields().items()}
    assert shown["places"] == {
        "title": "Название",
        "description": "Пояснение",
        "type": "integer",
        "minimum": 0,
        "maximum": 20,
        "default": 5,
    }
    assert shown["way"]["oneOf"] == [{"const": "mail", "title": "Почта"}, {"const": "sms", "title": "СМС"}]
    assert shown["opens"]["default"] == "09:00" and shown["opens"]["formatMinimum"] == "06:00"
    assert shown["days"]["items"] == {"type": "integer", "minimum": 1, "maximum": 7} and shown["days"]["maxItems"] == 3
    assert shown["limit"]["default"] is None
    assert schema_of(fields()["way"], "en")["oneOf"][0]["title"] == "Mail"


def test_defaults_come_back_as_they_were_declared() -> None:
    values = {name: field.read(field.default) for name, field in fields().items()}
    assert RichSettings(**values) == RichSettings()
    assert RichSettings().pause == timedelta(minutes=30)
