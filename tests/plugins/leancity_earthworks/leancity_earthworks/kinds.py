"""The life of an application, as data: submitted → approving → issued or refused."""

from __future__ import annotations

from leancity.core.cases.kinds import WHOLE, CaseKind, CaseState, Outcome, StageTerm, Transition
from leancity.core.clock.deadline import DeadlineRule, StartRule
from leancity.core.clock.escalation import EscalationStep
from leancity.core.clock.targets import Target, TargetKind
from leancity.core.clock.units import DeadlineUnit
from leancity_earthworks.permissions import GIVE

KEY = "earthworks.permit"
SUBMITTED, APPROVING, ISSUED, REFUSED = "submitted", "approving", "issued", "refused"


def _term(kind: TargetKind, days: float, source: str, *steps: EscalationStep) -> StageTerm:
    # The source says «месяц» and «неделя», not in which days they are counted.
    rule = DeadlineRule(days, DeadlineUnit.CALENDAR_DAYS, StartRule.NEXT_DAY, assumed=True, source=source)
    return StageTerm(stage=WHOLE, target=Target(kind, rule), escalation=steps)


PERMIT = CaseKind(
    key=KEY,
    title={"en": "Earthworks permit", "ru": "Разрешение на земляные работы"},
    prefix="EW",
    initial=SUBMITTED,
    states=(
        CaseState(key=SUBMITTED, title={"en": "Submitted", "ru": "Заявление принято"}),
        CaseState(key=APPROVING, title={"en": "Waiting for approvals", "ru": "На согласовании"}),
        CaseState(key=ISSUED, title={"en": "Permit issued", "ru": "Разрешение выдано"}, is_final=True),
        CaseState(key=REFUSED, title={"en": "Permit refused", "ru": "В разрешении отказано"}, is_final=True),
    ),
    outcomes=(
        Outcome(key=ISSUED, title={"en": "Issued", "ru": "Выдано"}),
        Outcome(key=REFUSED, title={"en": "Refused", "ru": "Отказано"}),
    ),
    transitions=(
        Transition(
            name="ask",
            title={"en": "Ask the bodies", "ru": "Направить на согласование"},
            from_states=(SUBMITTED,),
            to=APPROVING,
            permission=GIVE,
        ),
        Transition(
            name="issue",
            title={"en": "Issue the permit", "ru": "Выдать разрешение"},
            from_states=(APPROVING,),
            to=ISSUED,
            permission=GIVE,
            outcomes=(ISSUED,),
        ),
        Transition(
            name="refuse",
            title={"en": "Refuse the permit", "ru": "Отказать"},
            from_states=(APPROVING,),
            to=REFUSED,
            permission=GIVE,
            outcomes=(REFUSED,),
            requires_note=True,
        ),
    ),
    terms=(
        _term(TargetKind.BASELINE, 30, "article 004: a month before"),
        _term(
            TargetKind.TARGET,
            7,
            "article 004: a week now",
            EscalationStep(to="earthworks.clerk", message="earthworks.soon_due", share=0.8),
        ),
    ),
)
