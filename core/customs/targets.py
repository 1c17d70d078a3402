"""What a city promises for a stage of a kind of case, where that is not what the module promises.

A case keeps the copy that it got when it entered the stage (``core.cases.terms``): a target that changes moves nothing
that was promised before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

import structlog

from leancity.core.cases.kinds import WHOLE, CaseKind, StageTerm
from leancity.core.clock.deadline import DeadlineRule, StartRule
from leancity.core.clock.targets import Target, TargetKind
from leancity.core.clock.units import DeadlineUnit
from leancity.core.customs.collection import Collection
from leancity.core.errors import Problem
from leancity.core.plugins.manager import Modules
from leancity.core.settings.declaration import ModuleSettings, Setting
from leancity.core.settings.layers import Origin, resolved
from leancity.core.tenancy.customs import Layers

TARGETS = "core.targets"
_TITLE = {"en": "Targets of stages", "ru": "Сроки по этапам"}
_YEARS = 3
# The work clock reaches five years ahead; pauses and extensions come on top of a term.
_MOST: dict[DeadlineUnit, int] = {
    DeadlineUnit.CALENDAR_DAYS: 365 * _YEARS,
    DeadlineUnit.WORKING_DAYS: 240 * _YEARS,
    DeadlineUnit.WORKING_HOURS: 1_900 * _YEARS,
    DeadlineUnit.CLOCK_HOURS: 8_760 * _YEARS,
}
_RULE = ("amount", "unit", "start")

log = structlog.get_logger()


class StageFigure(ModuleSettings, frozen=True, kw_only=True):
    """A figure for a stage: how long it took, shall take, or may take by law. Without an amount there is none."""

    amount: Annotated[
        float | None,
        Setting(
            title={"en": "How much", "ru": "Сколько"},
            help={"en": "Whole for days; 0.5 is half an hour.", "ru": "Для дней целое число; 0,5 — полчаса."},
            ge=0.1,
        ),
    ] = None
    unit: Annotated[
        Literal["calendar_days", "working_days", "working_hours", "clock_hours"],
        Setting(
            title={"en": "Of what", "ru": "Чего"},
            help={"en": "In which unit the term is counted.", "ru": "В каких единицах считается срок."},
            choices={
                "calendar_days": {"en": "Calendar days", "ru": "Календарные дни"},
                "working_days": {"en": "Working days", "ru": "Рабочие дни"},
                "working_hours": {"en": "Working hours", "ru": "Рабочие часы"},
                "clock_hours": {"en": "Hours round the clock", "ru": "Часы круглосуточно"},
            },
        ),
    ] = "working_days"
    start: Annotated[
        Literal["moment", "next_day", "next_working_day"],
        Setting(
            title={"en": "Counted from", "ru": "Считается с"},
            help={"en": "Where the term begins.", "ru": "С какого момента срок начинает идти."},
            choices={
                "moment": {"en": "The moment itself", "ru": "Самого момента"},
                "next_day": {"en": "The next day", "ru": "Следующего дня"},
                "next_working_day": {"en": "The next working day", "ru": "Следующего рабочего дня"},
            },
        ),
    ] = "next_day"
    assumed: Annotated[
        bool,
        Setting(
            title={"en": "The unit is assumed", "ru": "Единица предположена"},
            help={
                "en": "The source does not say which unit it means.",
                "ru": "В источнике не сказано, в каких единицах считать.",
            },
        ),
    ] = False
    source: Annotated[
        str,
        Setting(
            title={"en": "Source", "ru": "Источник"},
            help={
                "en": "The act or document that sets it; it is copied onto each case.",
                "ru": "Акт или документ, которым он установлен; копируется в каждое дело.",
            },
            max_length=500,
        ),
    ] = ""
    is_off: Annotated[
        bool,
        Setting(
            title={"en": "Does not hold here", "ru": "Здесь не действует"},
            help={
                "en": "Cases that enter the stage from now on get no such term.",
                "ru": "Дела, которые теперь войдут в этап, такого срока не получат.",
            },
        ),
    ] = False


def targets(modules: Modules, open_: frozenset[str]) -> Collection:
    """Return the collection: ``<kind>/<stage>/<baseline|target|legal>`` of every stage that a case waits in."""
    kinds = [kind for kind in modules.case_kinds.values() if kind.module in open_]
    defaults = {_key(kind, *spot): _default(_given(kind).get(spot)) for kind in kinds for spot in _spots(kind)}
    return Collection(name=TARGETS, title=_TITLE, item=StageFigure, defaults=defaults, check=_check)


def with_targets(kind: CaseKind, own: Mapping[str, Layers]) -> CaseKind:
    """Return a kind with the terms that hold in the city; ``own`` are the layers of the targets by key."""
    terms = _given(kind)
    for spot in _spots(kind):
        layers = own.get(_key(kind, *spot))
        if layers is None:
            continue
        term = _term(kind, spot, terms.pop(spot, None), layers)
        if term is not None:
            terms[spot] = term
    return replace(kind, terms=tuple(terms.values()))


def _spots(kind: CaseKind) -> Iterator[tuple[str, TargetKind]]:
    stages = [WHOLE, *(state.key for state in kind.states if not state.is_final)]
    yield from ((stage, each) for stage in stages for each in TargetKind)


def _key(kind: CaseKind, stage: str, what: TargetKind) -> str:
    return f"{kind.key}/{stage}/{what}"


def _given(kind: CaseKind) -> dict[tuple[str, TargetKind], StageTerm]:
    return {(term.stage, term.target.kind): term for term in kind.terms}


def _default(term: StageTerm | None) -> StageFigure:
    if term is None:
        return StageFigure()
    rule = term.target.rule
    words: dict[str, Any] = {"unit": rule.unit.value, "start": rule.start.value}
    return StageFigure(amount=float(rule.amount), assumed=rule.assumed, source=rule.source, **words)


def _term(kind: CaseKind, spot: tuple[str, TargetKind], given: StageTerm | None, layers: Layers) -> StageTerm | None:
    """Return a term as the city has it, None for none; the module's where the city's contradicts itself."""
    found = resolved(StageFigure, layers.own, layers.handed_down, _default(given))
    figure, stage, what = found.settings, *spot
    if figure.is_off or figure.amount is None:
        return None
    origins = {each.field.name: each.origin for each in found.fields}
    # The source of the module's figure says nothing of another one.
    is_foreign = origins["source"] is Origin.MODULE and any(origins[name] is not Origin.MODULE for name in _RULE)
    unit, rule = DeadlineUnit(figure.unit), given.target.rule if given else None
    try:
        own = DeadlineRule(
            figure.amount,
            unit,
            StartRule(figure.start),
            pausable=rule.pausable if rule else True,
            moves_off_days=rule is not None and rule.moves_off_days and unit is DeadlineUnit.CALENDAR_DAYS,
            assumed=figure.assumed,
            source="" if is_foreign else figure.source,
        )
    except ValueError as error:  # a region's unit under a city's amount
        log.warning("a target of the city's own contradicts itself", target=_key(kind, *spot), error=str(error))
        return given
    return StageTerm(stage=stage, target=Target(what, own), escalation=given.escalation if given else ())


async def _check(key: str, figure: StageFigure) -> Iterable[Problem]:
    if figure.amount is None:
        return []
    unit = DeadlineUnit(figure.unit)
    if unit.in_days and not figure.amount.is_integer():
        return [Problem(code="custom_days_whole", field="amount")]
    if figure.amount > _MOST[unit]:
        return [Problem(code="setting_too_large", field="amount", params={"limit": _MOST[unit]})]
    return []
