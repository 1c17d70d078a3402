"""How a report writes its figures down: in the reader's language, in units that people have a feeling for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from leancity.core.i18n.catalogue import text
from leancity.core.processes.registry.measured import MINOR

NOTHING = "—"
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A unit of time: its ``key`` (minutes, hours, days) and how many working seconds it has."""

    key: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Words:
    """Says things in one language; a working day has ``day_s`` working seconds."""

    locale: str
    zone: ZoneInfo
    day_s: float

    def say(self, key: str, **params: object) -> str:
        """Return the report's text ``key``."""
        return text(f"owner_report_{key}", self.locale, params)

    def unit_for(self, *seconds: float | None) -> Unit:
        """Return the unit in which all of these are told: days from two on, hours from two on, else minutes."""
        longest = max((each for each in seconds if each is not None), default=0.0)
        if longest >= 2 * self.day_s:
            return Unit(key="days", seconds=self.day_s)
        return Unit(key="hours", seconds=_HOUR) if longest >= 2 * _HOUR else Unit(key="minutes", seconds=_MINUTE)

    def named(self, unit: Unit) -> str:
        """Return a unit's short name."""
        return self.say(f"unit_{unit.key}")

    def time(self, seconds: float | None, unit: Unit | None = None) -> str:
        """Return a time with its unit; of several beside one another in the same ``unit``, without it."""
        if seconds is None:
            return NOTHING
        told = unit or self.unit_for(abs(seconds))
        number = self.number(seconds / told.seconds)
        return number if unit else f"{number} {self.named(told)}"

    def wall(self, seconds: float | None) -> str:
        """Return a time on the wall's clock, whose days have all their hours, with its unit."""
        if seconds is None:
            return NOTHING
        days, hours = Unit(key="calendar_days", seconds=_DAY), Unit(key="hours", seconds=_HOUR)
        told = days if seconds >= 2 * _DAY else hours if seconds >= 2 * _HOUR else Unit(key="minutes", seconds=_MINUTE)
        return f"{self.time(seconds, told)} {self.named(told)}"

    def number(self, value: float | None, digits: int = 1) -> str:
        """Return a number with at most ``digits`` after the point, thousands apart."""
        if value is None:
            return NOTHING
        told = f"{value:,.{digits}f}"
        if digits:
            told = told.rstrip("0").rstrip(".")
        if told == "-0":
            told = "0"
        if self.locale == "ru":
            told = told.replace(",", "\u00a0").replace(".", ",")
        return told.replace("-", "\u2212")

    def share(self, value: float | None) -> str:
        """Return a share in per cent."""
        return NOTHING if value is None else f"{self.number(value * 100)}\u00a0%"

    def money(self, minor: float | None) -> str:
        """Return an amount of minor units in whole roubles."""
        return NOTHING if minor is None else self.say("money", amount=self.number(minor / MINOR, 0))

    def day(self, value: date | str | None) -> str:
        """Return a day, of a moment in ISO 8601 that in the city's zone."""
        if not value:
            return NOTHING
        if isinstance(value, str):
            is_moment = "T" in value
            value = datetime.fromisoformat(value).astimezone(self.zone) if is_moment else date.fromisoformat(value)
        return value.strftime("%d.%m.%Y" if self.locale == "ru" else "%Y-%m-%d")

    def moment(self, value: str) -> str:
        """Return a moment in ISO 8601 by the city's clock."""
        local = datetime.fromisoformat(value).astimezone(self.zone)
        return f"{self.day(local.date())} {local:%H:%M}"

    def listed(self, parts: Iterable[str]) -> str:
        """Return parts in one line."""
        return ", ".join(parts)
