"""The lives of a protocol and of an assignment, as data. ``processes/`` draws both: cases move by nothing else."""

from __future__ import annotations

from leancity.core.cases.kinds import WHOLE, CaseKind, CaseState, Outcome, StageTerm, Transition
from leancity.core.clock.deadline import DeadlineRule, StartRule
from leancity.core.clock.targets import Target, TargetKind
from leancity.core.clock.units import DeadlineUnit
from leancity.modules.mayor_assignments.permissions import ISSUE, PREPARE, WITHDRAW

PROTOCOL_KEY = "mayor_assignments.protocol"
ASSIGNMENT_KEY = "mayor_assignments.assignment"
TASK = "workItemComplete"
"""The mutation by which people move these cases: they finish a task, the drawing says what follows."""


def _figure(kind: TargetKind, days: float) -> StageTerm:
    # The source says «70 → 15 дней» and not which days; whom it measured counted from the issue on.
    source = "Практика «Протокольные поручения мэра»: от выдачи поручения до подписания резолюции"
    rule = DeadlineRule(days, DeadlineUnit.CALENDAR_DAYS, StartRule.MOMENT, assumed=True, source=source)
    return StageTerm(stage=WHOLE, target=Target(kind, rule))


def _step(name: str, ru: str, en: str, to: str, *of: str, outcomes: tuple[str, ...] = ()) -> Transition:
    """Return a move that the drawing makes when a task is finished."""
    return Transition(
        name=name,
        title={"en": en, "ru": ru},
        from_states=of,
        to=to,
        permission=None,
        outcomes=outcomes,
        mutation=TASK,
    )


PROTOCOL = CaseKind(
    key=PROTOCOL_KEY,
    title={"en": "Protocol of a meeting", "ru": "Протокол совещания"},
    prefix="MP",
    filing_permission=PREPARE,
    initial="draft",
    states=(
        CaseState(key="draft", title={"en": "Being written", "ru": "Составляется"}),
        CaseState(key="on_signing", title={"en": "To be signed", "ru": "На подписи"}),
        CaseState(key="issued", title={"en": "Assignments issued", "ru": "Поручения выданы"}, is_final=True),
    ),
    outcomes=(Outcome(key="issued", title={"en": "Issued", "ru": "Поручения выданы"}),),
    transitions=(
        _step("write_down", "Передать на подпись", "Hand over for signing", "on_signing", "draft"),
        _step("return_draft", "Вернуть на исправление", "Return to be mended", "draft", "on_signing"),
        _step("issue", "Выдать поручения", "Issue the assignments", "issued", "on_signing", outcomes=("issued",)),
    ),
)

OPEN = ("issued", "in_work", "extension_asked", "reported", "returned", "checked")

ASSIGNMENT = CaseKind(
    key=ASSIGNMENT_KEY,
    title={"en": "Mayor's assignment", "ru": "Поручение мэра"},
    prefix="MA",
    filing_permission=ISSUE,
    initial="issued",
    states=(
        CaseState(key="issued", title={"en": "Issued, being taken note of", "ru": "Выдано, идёт ознакомление"}),
        CaseState(key="in_work", title={"en": "In work", "ru": "Исполняется"}),
        CaseState(key="extension_asked", title={"en": "More time asked for", "ru": "Запрошено продление"}),
        CaseState(key="reported", title={"en": "Report being checked", "ru": "Доклад на проверке"}),
        CaseState(key="returned", title={"en": "Returned with remarks", "ru": "Возвращено с замечаниями"}),
        CaseState(key="checked", title={"en": "Resolution to be signed", "ru": "На резолюции мэра"}),
        CaseState(key="closed", title={"en": "Closed", "ru": "Закрыто"}, is_final=True),
    ),
    outcomes=(
        Outcome(key="done", title={"en": "Done", "ru": "Исполнено"}),
        Outcome(key="not_done", title={"en": "Not done", "ru": "Не исполнено"}),
        Outcome(key="withdrawn", title={"en": "Withdrawn", "ru": "Отозвано"}),
    ),
    transitions=(
        _step("take_note", "Ознакомиться", "Take note", "in_work", "issued"),
        _step("ask_extension", "Попросить о продлении", "Ask for more time", "extension_asked", "in_work"),
        _step("decide_extension", "Решить о продлении", "Decide about more time", "in_work", "extension_asked"),
        _step("report", "Доложить", "Report", "reported", "in_work", "returned"),
        _step("return", "Вернуть с замечаниями", "Return with remarks", "returned", "reported", "checked"),
        _step("pass", "Передать на резолюцию", "Pass on for the resolution", "checked", "reported"),
        _step("sign", "Подписать резолюцию", "Sign the resolution", "closed", "checked", outcomes=("done", "not_done")),
        Transition(
            name="withdraw",
            title={"en": "Withdraw", "ru": "Отозвать"},
            from_states=OPEN,
            to="closed",
            permission=WITHDRAW,
            outcomes=("withdrawn",),
            requires_note=True,
        ),
    ),
    terms=(_figure(TargetKind.BASELINE, 70), _figure(TargetKind.TARGET, 15)),
)
