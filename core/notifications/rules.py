"""The rules that count in the city being served: the defaults of the kernel and of its modules, as it overrides them.

A default that a new version brings counts by itself; what the city has changed or switched off stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from weakref import WeakKeyDictionary

import asyncpg

from leancity.core.db.unit import Unit, tenant_tx
from leancity.core.i18n.catalogue import LOCALES
from leancity.core.notifications.defaults import FOLLOWER, KERNEL_DEFAULTS, ROLE
from leancity.core.plugins.contributions import NotificationDefault
from leancity.core.plugins.gate import is_open
from leancity.core.plugins.manager import installed_modules

CITYS = "city."
"""Begins the key of a rule that a city has made itself."""

_RULES = """
select key, is_on, audience, channels, title, event, case_kind, status, visibility from notification_rule
where tenant_id = $1 order by key
"""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Whom to tell of ``event`` by which ``channels``; fields as in ``NotificationDefault``."""

    key: str
    title: Mapping[str, str]
    event: str
    audience: str
    channels: tuple[str, ...]
    case_kind: str = ""
    status: str = ""
    visibility: str = ""
    text: str = ""
    is_mandatory: bool = False
    is_on: bool = True
    is_changed: bool = field(default=False)

    @property
    def is_default(self) -> bool:
        return not self.key.startswith(CITYS)

    @property
    def role(self) -> str | None:
        """The key of the role that is told, None for another audience."""
        return self.audience.removeprefix(ROLE) if self.audience.startswith(ROLE) else None

    def fits(self, *, event: str, case_kind: str, status: str | None, visibility: str) -> bool:
        """Tell whether the rule is meant for such an event."""
        return (
            self.is_on
            and self.event == event
            and self.case_kind in ("", case_kind)
            and self.status in ("", status)
            and self.visibility in ("", visibility)
        )


def open_defaults() -> dict[str, NotificationDefault]:
    """Return the defaults of the kernel and of the city's modules, by key."""
    modules = installed_modules().notifications.values()
    theirs = {each.key: each for each in modules if is_open(each.key.partition(".")[0])}
    return {**{each.key: each for each in KERNEL_DEFAULTS}, **theirs}


_read: WeakKeyDictionary[Unit, tuple[Rule, ...]] = WeakKeyDictionary()


async def rules() -> tuple[Rule, ...]:
    """Return the city's rules, mandatory ones first; read once in a unit of work."""
    async with tenant_tx() as unit:
        if unit not in _read:
            _read[unit] = _resolved({row["key"]: row for row in await unit.connection.fetch(_RULES, unit.tenant_id)})
        return _read[unit]


def followers_keys(among: Iterable[Rule]) -> list[str]:
    """Return the keys of the rules that tell who follows a case: all that followers may see, whatever else they are.

    A rule that becomes the followers' may only be one of events that everybody may hear of, so what was told to others
    by it before is nothing that they may not.
    """
    return [rule.key for rule in among if rule.audience == FOLLOWER]


def forget_rules(unit: Unit) -> None:
    """Let ``rules`` read anew in a unit that has changed some."""
    _read.pop(unit, None)


def _resolved(rows: Mapping[str, asyncpg.Record]) -> tuple[Rule, ...]:
    found = [_of_default(each, rows.get(each.key)) for each in open_defaults().values()]
    found += [_of_city(row) for key, row in rows.items() if key.startswith(CITYS)]
    return tuple(sorted(found, key=lambda rule: not rule.is_mandatory))


def _of_default(default: NotificationDefault, row: asyncpg.Record | None) -> Rule:
    rule = Rule(**vars(default))
    if row is None:
        return rule
    return replace(
        rule,
        is_on=bool(row["is_on"]),
        audience=str(row["audience"] or rule.audience),
        channels=rule.channels if row["channels"] is None else _texts(row["channels"]),
        is_changed=True,
    )


def _of_city(row: asyncpg.Record) -> Rule:
    words = ("key", "event", "audience", "case_kind", "status", "visibility")
    return Rule(
        **{name: str(row[name]) for name in words},  # type: ignore[arg-type]
        title=dict.fromkeys(LOCALES, str(row["title"])),
        channels=_texts(row["channels"]),
        is_on=bool(row["is_on"]),
    )


def _texts(values: object) -> tuple[str, ...]:
    return tuple(str(each) for each in values) if isinstance(values, Iterable) else ()
