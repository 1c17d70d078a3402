"""The JSON form of a setting's value, in which it is stored and sent, and back."""

from __future__ import annotations

import math
import re
from datetime import time, timedelta
from enum import StrEnum
from typing import Any

import msgspec

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


class SettingType(StrEnum):
    """What kind of value a setting, or each item of its list, has."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"
    CHOICE = "choice"
    TIME = "time"
    DURATION = "duration"


def read(type_: SettingType, value: Any) -> Any:
    """Return one JSON value as Python has it; raise ``ValueError`` for what is not of the type.

    A time is ``HH:MM``, a duration ISO 8601 (``PT30M``). A text must be one that PostgreSQL can keep.
    """
    match type_:
        case SettingType.BOOLEAN if isinstance(value, bool):
            return value
        case SettingType.INTEGER if type(value) is int:
            return value
        case SettingType.NUMBER if isinstance(value, int | float) and not isinstance(value, bool):
            return _number(value)
        case SettingType.TEXT | SettingType.CHOICE if isinstance(value, str) and "\0" not in value:
            value.encode()  # raises for lone surrogates, which JSON can carry
            return value
        case SettingType.TIME if isinstance(value, str) and _TIME.fullmatch(value):
            return time.fromisoformat(value)
        case SettingType.DURATION if isinstance(value, str):
            return _duration(value)
    raise ValueError(f"no {type_}")


def _number(value: float) -> float:
    try:
        number = float(value)
    except OverflowError as error:
        raise ValueError("too large for a number") from error
    if not math.isfinite(number):  # JSON has no such value
        raise ValueError("not finite")
    return number


def _duration(value: str) -> timedelta:
    try:
        return msgspec.convert(value, timedelta)
    except (msgspec.ValidationError, OverflowError) as error:
        raise ValueError("no ISO 8601 duration") from error


def written(value: Any) -> Any:
    """Return a Python value in its JSON form."""
    if isinstance(value, tuple):
        return [written(item) for item in value]
    if isinstance(value, time):
        return value.isoformat("minutes")
    return msgspec.to_builtins(value)
