"""The lives of a schedule and of an attestation, as data. ``processes/`` draws both: cases move by nothing else."""

from __future__ import annotations

from leancity.core.cases.kinds import WHOLE, CaseKind, CaseState, Outcome, StageTerm, Transition
from leancity.core.clock.deadline import DeadlineRule, StartRule
from leancity.core.clock.targets import Target, TargetKind
from leancity.core.clock.units import DeadlineUnit
from leancity.modules.staff_attestation.permissions import PREPARE

SCHEDULE_KEY = "staff_attestation.schedule"
ATTESTATION_KEY = "staff_attestation.attestation"
TASK = "workItemComplete"
"""The mutation by which people move these cases: they finish a task, the drawing says what follows."""
RESULTS = ("fits", "recommendations", "unfit")


def _figure(kind: TargetKind, days: float) -> StageTerm:
    # The source says «35 → 15 дней» and neither which days nor from what to what.
    source = "Практика «Аттестация муниципальных служащих»: от запроса отзыва до приказа по итогам"
    rule = DeadlineRule(days, DeadlineUnit.CALENDAR_DAYS, StartRule.MOMENT, assumed=True, source=source)
    return StageTerm(stage=WHOLE, target=Target(kind, rule))


def _step(name: str, ru: str, en: str, to: str, *of: str, outcomes: tuple[str, ...] = ()) -> Transition:
    """Return a move that the drawing makes when a task is finished or a day has come."""
    return Transition(
        name=name,
        title={"en": en, "ru": ru},
        from_states=of,
        to=to,
        permission=None,
        outcomes=outcomes,
        mutation=TASK,
    )


SCHEDULE = CaseKind(
    key=SCHEDULE_KEY,
    title={"en": "Schedule of attestations", "ru": "График аттестации"},
    prefix="AG",
    filing_permission=PREPARE,
    initial="drafting",
    states=(
        CaseState(key="drafting", title={"en": "Being drawn up", "ru": "Составляется"}),
        CaseState(key="on_signing", title={"en": "Order to be signed", "ru": "Приказ на подписи"}),
        CaseState(key="announced", title={"en": "Announced", "ru": "Объявлен"}),
        CaseState(key="closed", title={"en": "Attestations begun", "ru": "Аттестации начаты"}, is_final=True),
    ),
    outcomes=(Outcome(key="done", title={"en": "Attestations begun", "ru": "Аттестации начаты"}),),
    transitions=(
        _step("write_down", "Передать на подпись", "Hand over for signing", "on_signing", "drafting"),
        _step("return_draft", "Вернуть на исправление", "Return to be mended", "drafting", "on_signing"),
        _step("announce", "Объявить", "Announce", "announced", "on_signing"),
        # A list on which nobody is to be attested is announced to nobody.
        _step("begin", "Начать аттестации", "Begin", "closed", "announced", "on_signing", outcomes=("done",)),
    ),
)

ATTESTATION = CaseKind(
    key=ATTESTATION_KEY,
    title={"en": "Attestation of an employee", "ru": "Аттестация служащего"},
    prefix="AT",
    filing_permission=PREPARE,
    initial="review",
    states=(
        CaseState(key="review", title={"en": "Review being written", "ru": "Готовится отзыв"}),
        CaseState(key="acquaintance", title={"en": "Review shown", "ru": "Ознакомление с отзывом"}),
        CaseState(key="preparation", title={"en": "Session being prepared", "ru": "Подготовка к заседанию"}),
        CaseState(key="session", title={"en": "Session", "ru": "Заседание комиссии"}),
        CaseState(key="results", title={"en": "Results being drawn up", "ru": "Оформление итогов"}),
        CaseState(key="closed", title={"en": "Closed", "ru": "Завершена"}, is_final=True),
    ),
    outcomes=(
        Outcome(key="fits", title={"en": "Fits the post", "ru": "Соответствует должности"}),
        Outcome(
            key="recommendations", title={"en": "Fits, with recommendations", "ru": "Соответствует с рекомендациями"}
        ),
        Outcome(key="unfit", title={"en": "Does not fit the post", "ru": "Не соответствует должности"}),
    ),
    transitions=(
        _step("show", "Показать отзыв", "Show the review", "acquaintance", "review"),
        _step("prepare", "Готовить заседание", "Prepare the session", "preparation", "acquaintance", "session"),
        _step("meet", "Провести заседание", "Hold the session", "session", "preparation"),
        _step("draw_up", "Оформить итоги", "Draw up the results", "results", "session"),
        _step("close", "Завершить", "Close", "closed", "results", outcomes=RESULTS),
    ),
    terms=(_figure(TargetKind.BASELINE, 35), _figure(TargetKind.TARGET, 15)),
)
