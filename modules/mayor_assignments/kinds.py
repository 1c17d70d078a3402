"""The lives of a protocol and of an assignment, as data. ``processes/`` draws both: cases move by nothing else."""

from __future__ import annotations

from leancity.core.cases.drawn import task_move, was_and_shall
from leancity.core.cases.kinds import CaseKind, CaseState, Outcome, Transition
from leancity.modules.mayor_assignments.permissions import ISSUE, PREPARE, WITHDRAW

PROTOCOL_KEY = "mayor_assignments.protocol"
ASSIGNMENT_KEY = "mayor_assignments.assignment"
# Whom it measured counted from the issue on.
SOURCE = "Практика «Протокольные поручения мэра»: от выдачи поручения до подписания резолюции"


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
        task_move("write_down", "Передать на подпись", "Hand over for signing", "on_signing", "draft"),
        task_move("return_draft", "Вернуть на исправление", "Return to be mended", "draft", "on_signing"),
        task_move("issue", "Выдать поручения", "Issue the assignments", "issued", "on_signing", outcomes=("issued",)),
    ),
)

RESULTS = ("done", "not_done")
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
        task_move("take_note", "Ознакомиться", "Take note", "in_work", "issued"),
        task_move("ask_extension", "Попросить о продлении", "Ask for more time", "extension_asked", "in_work"),
        task_move("decide_extension", "Решить о продлении", "Decide about more time", "in_work", "extension_asked"),
        task_move("report", "Доложить", "Report", "reported", "in_work", "returned"),
        task_move("return", "Вернуть с замечаниями", "Return with remarks", "returned", "reported", "checked"),
        task_move("pass", "Передать на резолюцию", "Pass on for the resolution", "checked", "reported"),
        task_move("sign", "Подписать резолюцию", "Sign the resolution", "closed", "checked", outcomes=RESULTS),
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
    terms=was_and_shall(70, 15, SOURCE),
)
