"""The checks of a city's health: each judges one figure and says it in words, in every language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leancity.core.i18n.catalogue import text
from leancity.core.plugins.manager import installed_modules
from leancity.core.tenancy.cards import OPEN
from leancity.tenants.operator.facts import Facts, Inside
from leancity.tenants.operator.thresholds import BOUNDS, WORST_LAST, Status

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check: its figure as ``thresholds`` has its unit, and the words for it (a key with its parameters)."""

    key: str
    status: Status
    figure: float
    said: str
    params: dict[str, Any] = field(default_factory=dict)

    def title(self, locale: str) -> str:
        return text(f"operator.check_{self.key}", locale)

    def text(self, locale: str) -> str:
        """Return the words for people."""
        return text(f"operator.said_{self.said}", locale, self.params)


@dataclass(frozen=True, kw_only=True)
class Health:
    """How a city stands: as its worst check does."""

    city: str
    checks: tuple[Check, ...]

    @property
    def status(self) -> Status:
        return max((check.status for check in self.checks), key=WORST_LAST.index, default=Status.OK)


def judge(facts: Facts) -> Health:
    """Return the health of a city by its facts."""
    checks = [*_door(facts), *_queues(facts), *_modules(facts)]
    if facts.inside is not None:
        checks += [check for each in _INSIDE for check in each(facts, facts.inside)]
    return Health(city=facts.card.slug, checks=tuple(checks))


def _check(key: str, figure: float, said: str = "", **params: Any) -> Check:
    return Check(key=key, status=BOUNDS[key].status(figure), figure=figure, said=said or key, params=params)


def _seconds(since: datetime | None, facts: Facts) -> float:
    return 0.0 if since is None else max(0.0, (facts.at - since).total_seconds())


def _door(facts: Facts) -> Iterator[Check]:
    yield _check("door", float(facts.card.state != OPEN), f"door_{facts.card.state}")


def _queues(facts: Facts) -> Iterator[Check]:
    for queue in ("interactive", "default"):
        lag = facts.lags.get(queue, 0.0)
        yield _check(f"queue_{queue}", lag, "queue" if lag else "queue_empty", seconds=round(lag))


def _modules(facts: Facts) -> Iterator[Check]:
    missing = sorted(facts.card.modules.keys() - installed_modules().manifests.keys())
    said = "modules_missing" if missing else "modules_there"
    yield _check("modules_missing", len(missing), said, modules=", ".join(missing))


def _letters(facts: Facts, inside: Inside) -> Iterator[Check]:
    hours = round(_seconds(inside.eldest_dead, facts) / 3600)
    said = "dead_letters" if inside.dead else "dead_letters_none"
    yield _check("dead_letters", inside.dead, said, letters=inside.dead, hours=hours)
    yield _check("uncertain", inside.uncertain, deliveries=inside.uncertain)


def _schedules(facts: Facts, inside: Inside) -> Iterator[Check]:
    broken = [chain.schedule for chain in inside.chains if chain.waits_for is None]
    late = max((_seconds(chain.waits_for, facts) for chain in inside.chains), default=0.0)
    yield _check("schedules", late, "schedules_late" if late else "schedules", minutes=round(late / 60))
    yield _check(
        "schedules_broken",
        len(broken),
        "schedules_broken" if broken else "schedules_whole",
        schedules=", ".join(broken),
    )


def _audit(facts: Facts, inside: Inside) -> Iterator[Check]:
    tail = _seconds(inside.eldest_unsealed, facts)
    yield _check("audit", tail, "audit" if tail else "audit_sealed", seconds=round(tail))


def _limits(facts: Facts, inside: Inside) -> Iterator[Check]:
    limits, used = facts.card.limits, inside.used
    for key, taken, limit, unit in (
        ("people", used.people, limits.people, 1),
        ("storage", used.storage, limits.storage, MEGABYTE),
        ("modules", used.modules, limits.modules, 1),
    ):
        if limit is None:
            yield _check(key, 0.0, f"{key}_free", used=round(taken / unit))
        else:
            share = taken / limit if limit else float(taken > 0)
            yield _check(key, share, key, used=round(taken / unit), limit=round(limit / unit))


def _activity(facts: Facts, inside: Inside) -> Iterator[Check]:
    days = _seconds(inside.last_event, facts) / 86400
    yield _check("activity", days, days=int(days))


def _cases(facts: Facts, inside: Inside) -> Iterator[Check]:
    share = inside.overdue_cases / inside.open_cases if inside.open_cases else 0.0
    yield _check("cases", share, open=inside.open_cases, overdue=inside.overdue_cases, share=round(share * 100))


def _mail(facts: Facts, inside: Inside) -> Iterator[Check]:
    yield _check("mail", inside.failed_mails, letters=inside.failed_mails)


def _roles(facts: Facts, inside: Inside) -> Iterator[Check]:
    yield _check("roles", inside.roles_behind, roles=inside.roles_behind)


_INSIDE = (_letters, _schedules, _audit, _limits, _activity, _cases, _mail, _roles)
