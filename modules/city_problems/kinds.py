"""The life of a report, as data: reported → sorted → sent → in work → closed."""

from __future__ import annotations

from leancity.core.cases.kinds import WHOLE, CaseKind, CaseState, Outcome, StageTerm, Transition
from leancity.core.clock.deadline import DeadlineRule, StartRule
from leancity.core.clock.escalation import EscalationStep
from leancity.core.clock.targets import Target, TargetKind
from leancity.core.clock.units import DeadlineUnit
from leancity.modules.city_problems.permissions import DISPATCH, TRIAGE, WORK

MODULE = "city_problems"
KEY = "city_problems.report"
FIXED, NOT_FIXED, NOT_OURS, DUPLICATE = "fixed", "not_fixed", "not_ours", "duplicate"

REPORT = CaseKind(
    key=KEY,
    title={"en": "City problem", "ru": "Городская проблема"},
    prefix="CP",
    initial="reported",
    states=(
        CaseState(key="reported", title={"en": "Reported", "ru": "Поступило"}),
        CaseState(key="sorted", title={"en": "Sorted", "ru": "Разобрано"}),
        CaseState(key="sent", title={"en": "Sent to a unit", "ru": "Направлено исполнителю"}),
        CaseState(key="in_work", title={"en": "In work", "ru": "В работе"}),
        CaseState(key="closed", title={"en": "Closed", "ru": "Закрыто"}, is_final=True),
    ),
    outcomes=(
        Outcome(key=FIXED, title={"en": "Fixed", "ru": "Устранено"}),
        Outcome(key=NOT_FIXED, title={"en": "Will not be fixed", "ru": "Устранить нельзя"}),
        Outcome(key=NOT_OURS, title={"en": "Not ours", "ru": "Не наша компетенция"}),
        Outcome(key=DUPLICATE, title={"en": "Duplicate", "ru": "Повтор"}),
    ),
    transitions=(
        Transition(
            name="sort",
            title={"en": "Take in", "ru": "Принять"},
            from_states=("reported",),
            to="sorted",
            permission=TRIAGE,
        ),
        Transition(
            name="refuse",
            title={"en": "Refuse", "ru": "Отклонить"},
            from_states=("reported", "sorted"),
            to="closed",
            permission=TRIAGE,
            outcomes=(NOT_OURS, DUPLICATE),
            requires_note=True,
        ),
        Transition(
            name="send",
            title={"en": "Send to a unit", "ru": "Направить"},
            from_states=("sorted",),
            to="sent",
            permission=DISPATCH,
            mutation="cityProblemsSend",
        ),
        Transition(
            name="start",
            title={"en": "Begin work", "ru": "Взять в работу"},
            from_states=("sent",),
            to="in_work",
            permission=WORK,
            mutation="cityProblemsTake",
        ),
        Transition(
            name="send_back",
            title={"en": "Send back", "ru": "Вернуть"},
            from_states=("sent",),
            to="sorted",
            permission=WORK,
            by_receiver=True,
            requires_note=True,
            mutation="cityProblemsSendBack",
        ),
        Transition(
            name="close",
            title={"en": "Close", "ru": "Закрыть"},
            from_states=("in_work",),
            to="closed",
            permission=WORK,
            outcomes=(FIXED, NOT_FIXED),
        ),
        Transition(
            name="reopen",
            title={"en": "Reopen", "ru": "Возобновить"},
            from_states=("closed",),
            to="sorted",
            permission=TRIAGE,
            requires_note=True,
        ),
    ),
    terms=(
        StageTerm(
            stage=WHOLE,
            target=Target(
                TargetKind.TARGET,
                DeadlineRule(
                    10,
                    DeadlineUnit.WORKING_DAYS,
                    StartRule.NEXT_DAY,
                    assumed=True,
                    source="leancity: city_problems",
                ),
            ),
            escalation=(EscalationStep(to="city_problems.clerk", message="city_problems.soon_due", share=0.8),),
        ),
        StageTerm(
            stage="reported",
            target=Target(
                TargetKind.TARGET,
                DeadlineRule(
                    8, DeadlineUnit.WORKING_HOURS, StartRule.MOMENT, assumed=True, source="leancity: city_problems"
                ),
            ),
        ),
    ),
)
