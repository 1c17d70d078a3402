"""The life of a report, as data: reported → sorted → sent → in work → closed, or → forwarded → closed.

``processes/report.bpmn`` draws the same life as a process.
"""

from __future__ import annotations

from leancity.core.cases.kinds import WHOLE, CaseKind, CaseState, Outcome, StageTerm, Transition
from leancity.core.clock.deadline import DeadlineRule, StartRule
from leancity.core.clock.escalation import EscalationStep
from leancity.core.clock.targets import Target, TargetKind
from leancity.core.clock.units import DeadlineUnit
from leancity.modules.city_problems import settings
from leancity.modules.city_problems.permissions import DISPATCH, TRIAGE, WORK
from leancity.modules.city_problems.seen import seen_among

MODULE = settings.MODULE
KEY = "city_problems.report"
SORTED, SENT = "sorted", "sent"
FIXED, NOT_FIXED, NOT_OURS, FORWARDED, DUPLICATE = "fixed", "not_fixed", "not_ours", "forwarded", "duplicate"

REPORT = CaseKind(
    key=KEY,
    title={"en": "City problem", "ru": "Городская проблема"},
    prefix="CP",
    shown=seen_among,
    initial="reported",
    states=(
        CaseState(key="reported", title={"en": "Reported", "ru": "Поступило"}),
        CaseState(key="sorted", title={"en": "Sorted", "ru": "Разобрано"}),
        CaseState(key="sent", title={"en": "Sent to a unit", "ru": "Направлено исполнителю"}),
        CaseState(key="in_work", title={"en": "In work", "ru": "В работе"}),
        CaseState(key="forwarding", title={"en": "Being forwarded", "ru": "Передаётся в другой орган"}),
        CaseState(key="closed", title={"en": "Closed", "ru": "Закрыто"}, is_final=True),
    ),
    outcomes=(
        Outcome(key=FIXED, title={"en": "Fixed", "ru": "Устранено"}),
        Outcome(key=NOT_FIXED, title={"en": "Will not be fixed", "ru": "Устранить нельзя"}),
        Outcome(key=NOT_OURS, title={"en": "Not ours", "ru": "Не наша компетенция"}),
        Outcome(key=FORWARDED, title={"en": "Forwarded", "ru": "Передано в другой орган"}),
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
            mutation="cityProblemsRefuse",
        ),
        Transition(
            name="forward",
            title={"en": "Forward to another body", "ru": "Передать в другой орган"},
            from_states=("reported", "sorted"),
            to="forwarding",
            permission=TRIAGE,
            mutation="cityProblemsForward",
        ),
        Transition(
            name="be_forwarded",
            title={"en": "Taken over by the other body", "ru": "Принято другим органом"},
            from_states=("forwarding",),
            to="closed",
            permission=None,
            outcomes=(FORWARDED,),
            mutation="cityProblemsForward",
        ),
        Transition(
            name="recall",
            title={"en": "Take back", "ru": "Отозвать"},
            from_states=("forwarding",),
            to="sorted",
            permission=TRIAGE,
            requires_note=True,
            mutation="cityProblemsRecall",
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
            by_receiver=True,
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
            mutation="cityProblemsReopen",
        ),
        Transition(
            name="contest",
            title={"en": "It is not done", "ru": "Не устранено"},
            from_states=("closed",),
            to="sorted",
            permission=None,
            requires_note=True,
            mutation="cityProblemsContest",
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
