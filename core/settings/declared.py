"""A module's declaration, read and checked once, as fields that checks, forms, GraphQL and the docs are made from."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping
from datetime import time, timedelta
from functools import cache
from typing import Annotated, Any, Literal, TypeGuard, Union, get_args, get_origin, get_type_hints

import msgspec

from leancity.core.errors import StartupError
from leancity.core.i18n.catalogue import LOCALES
from leancity.core.settings.checks import problems_of
from leancity.core.settings.declaration import Bound, ModuleSettings, Setting, Words
from leancity.core.settings.fields import SettingField
from leancity.core.settings.values import SettingType, written

INT_MOST = 2**31 - 1
"""GraphQL's Int has 32 bits; every door takes the same."""

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*")
_TYPES: dict[Any, SettingType] = {
    bool: SettingType.BOOLEAN,
    int: SettingType.INTEGER,
    float: SettingType.NUMBER,
    str: SettingType.TEXT,
    time: SettingType.TIME,
    timedelta: SettingType.DURATION,
}
_BOUNDS: dict[SettingType, type | types.UnionType] = {
    SettingType.INTEGER: int,
    SettingType.NUMBER: int | float,
    SettingType.TIME: time,
    SettingType.DURATION: timedelta,
}


class _Wrong(Exception):
    """What is wrong with one field."""


@cache
def fields_of(kind: type[ModuleSettings]) -> tuple[SettingField, ...]:
    """Return the fields of a declaration; raise ``StartupError`` naming the one that is wrong."""
    try:
        hints = get_type_hints(kind, include_extras=True)
        declared = msgspec.structs.fields(kind)
    except Exception as error:  # a stranger's annotations may fail in any way
        raise StartupError(f"{kind.__name__}: {type(error).__name__}: {error}") from error
    found = []
    for each in declared:
        try:
            found.append(_field(each, hints[each.name]))
        except _Wrong as wrong:
            raise StartupError(f"{each.name}: {wrong}") from wrong
    return tuple(found)


def checked_kinds(given: Mapping[str, object]) -> dict[str, type[ModuleSettings]]:
    """Return the declarations of modules; raise ``StartupError`` naming module and field of what is wrong."""
    kinds: dict[str, type[ModuleSettings]] = {}
    for owner, kind in given.items():
        if not (isinstance(kind, type) and issubclass(kind, ModuleSettings) and kind.__struct_config__.frozen):
            raise StartupError(f"{owner}: register_settings: {kind!r} is no frozen ModuleSettings")
        try:
            fields_of(kind)
        except StartupError as error:
            raise StartupError(f"{owner}: register_settings: {error}") from error
        kinds[owner] = kind
    return kinds


def _field(declared: msgspec.structs.FieldInfo, hint: Any) -> SettingField:
    if not _NAME.fullmatch(declared.name):
        raise _Wrong("a name is lower case words joined by _")
    setting, hint = _setting(hint)
    members = [member for member in get_args(hint) if member is not type(None)] if _is_union(hint) else [hint]
    is_optional = _is_union(hint) and len(members) < len(get_args(hint))
    (bare,) = members if len(members) == 1 else (hint,)
    is_list = get_origin(bare) is tuple and get_args(bare)[1:] == (Ellipsis,)
    if is_list:
        bare = get_args(bare)[0]
    choices = get_args(bare) if get_origin(bare) is Literal else ()
    type_ = SettingType.CHOICE if choices else _TYPES.get(bare)
    if type_ is None:
        raise _Wrong(f"{hint} is not supported")
    least, most = _bounds(setting, type_)
    _check_words(setting, type_, choices, is_list=is_list)
    default = declared.default if declared.default is not msgspec.NODEFAULT else None
    if declared.default_factory is not msgspec.NODEFAULT:
        default = declared.default_factory()
    elif declared.default is msgspec.NODEFAULT:
        raise _Wrong("needs a default")
    field = SettingField(
        name=declared.name,
        type=type_,
        setting=setting,
        is_list=is_list,
        is_optional=is_optional,
        choices=choices,
        least=least,
        most=most,
        default=written(default),
    )
    if (default is None) != is_optional:
        raise _Wrong("None is the default of what is optional, and of nothing else")
    if default is not None and ([*problems_of(field, field.default, "")] or field.read(field.default) != default):
        raise _Wrong(f"the default {default!r} does not fit its own declaration")
    return field


def _setting(hint: Any) -> tuple[Setting, Any]:
    """Return the one ``Setting`` of an annotation, and the annotation without it."""
    settings: list[Setting] = []
    if get_origin(hint) is Annotated:
        hint, *notes = get_args(hint)
        if any(isinstance(note, msgspec.Meta) for note in notes):
            raise _Wrong("its bounds belong into the Setting, not into a msgspec.Meta")
        settings = [note for note in notes if isinstance(note, Setting)]
    if len(settings) != 1:
        raise _Wrong("is annotated by no Setting" if not settings else "is annotated by two Settings")
    return settings[0], hint


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in {Union, types.UnionType}


def _bounds(setting: Setting, type_: SettingType) -> tuple[Bound | None, Bound | None]:
    allowed = _BOUNDS.get(type_)
    for bound in (setting.ge, setting.le):
        if bound is not None and (allowed is None or not isinstance(bound, allowed) or isinstance(bound, bool)):
            raise _Wrong(f"ge and le do not fit a {type_}: {bound!r}")
    least, most = setting.ge, setting.le
    if type_ is SettingType.INTEGER:
        least, most = (-INT_MOST - 1 if least is None else least), (INT_MOST if most is None else most)
        if not (_is_int32(least) and _is_int32(most)):
            raise _Wrong("its bounds have more than 32 bits")
    if type_ is SettingType.DURATION and least is None:
        least = timedelta()
    return least, most


def _is_int32(bound: Bound) -> TypeGuard[int]:
    return isinstance(bound, int) and -INT_MOST - 1 <= bound <= INT_MOST


def _check_words(setting: Setting, type_: SettingType, choices: tuple[Any, ...], *, is_list: bool) -> None:
    _titled("title", setting.title)
    _titled("help", setting.help)
    if not all(isinstance(choice, str) for choice in choices):
        raise _Wrong("a Literal names texts")
    if {*choices} != {*setting.choices}:
        raise _Wrong(f"choices title {sorted(setting.choices)}, the Literal names {sorted(choices)}")
    for choice, title in setting.choices.items():
        _titled(f"choice {choice!r}", title)
    for what, given, is_due in (
        ("max_length", setting.max_length, type_ is SettingType.TEXT),
        ("max_items", setting.max_items, is_list),
    ):
        if (given is not None) != is_due or (given is not None and given < 1):
            raise _Wrong(f"needs a positive {what}" if is_due else f"{what} does not fit a {type_}")
    if setting.pattern is not None:
        if type_ is not SettingType.TEXT:
            raise _Wrong(f"pattern does not fit a {type_}")
        try:
            re.compile(setting.pattern)
        except re.error as error:
            raise _Wrong(f"pattern: {error}") from error


def _titled(what: str, words: Words) -> None:
    missing = [locale for locale in LOCALES if not words.get(locale, "").strip()]
    if missing:
        raise _Wrong(f"{what} has no text in {', '.join(missing)}")
