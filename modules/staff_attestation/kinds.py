"""The lives of a schedule and of an attestation, as data. ``processes/`` draws both: cases move by nothing else."""

from __future__ import annotations

from leancity.core.cases.drawn import task_move, was_and_shall
from leancity.core.cases.kinds import CaseKind, CaseState, Outcome
from leancity.modules.staff_attestation.permissions import PREPARE, READ

SCHEDULE_KEY = "staff_attestation.schedule"
ATTESTATION_KEY = "staff_attestation.attestation"
SOURCE = "Практика «Аттестация муниципальных служащих»: от запроса отзыва до приказа по итогам"
RESULTS = ("fits", "recommendations", "unfit")


SCHEDULE = CaseKind(
    key=SCHEDULE_KEY,
    title={"en": "Schedule of attestations", "ru": "График аттестации"},
    prefix="AG",
    filing_permission=PREPARE,
    reading_permission=READ,
    initial="drafting",
    states=(
        CaseState(key="drafting", title={"en": "Being drawn up", "ru": "Составляется"}),
        CaseState(key="on_signing", title={"en": "Order to be signed", "ru": "Приказ на подписи"}),
        CaseState(key="announced", title={"en": "Announced", "ru": "Объявлен"}),
        CaseState(key="closed", title={"en": "Attestations begun", "ru": "Аттестации начаты"}, is_final=True),
    ),
    outcomes=(Outcome(key="done", title={"en": "Attestations begun", "ru": "Аттестации начаты"}),),
    transitions=(
        task_move("write_down", "Передать на подпись", "Hand over for signing", "on_signing", "drafting"),
        task_move("return_draft", "Вернуть на исправление", "Return to be mended", "drafting", "on_signing"),
        task_move("announce", "Объявить", "Announce", "announced", "on_signing"),
        # A list on which nobody is to be attested is announced to nobody.
        task_move("begin", "Начать аттестации", "Begin", "closed", "announced", "on_signing", outcomes=("done",)),
    ),
)

ATTESTATION = CaseKind(
    key=ATTESTATION_KEY,
    title={"en": "Attestation of an employee", "ru": "Аттестация служащего"},
    prefix="AT",
    filing_permission=PREPARE,
    reading_permission=READ,
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
        task_move("show", "Показать отзыв", "Show the review", "acquaintance", "review"),
        task_move("prepare", "Готовить заседание", "Prepare the session", "preparation", "acquaintance", "session"),
        task_move("meet", "Провести заседание", "Hold the session", "session", "preparation"),
        task_move("draw_up", "Оформить итоги", "Draw up the results", "results", "session"),
        task_move("close", "Завершить", "Close", "closed", "results", outcomes=RESULTS),
    ),
    terms=was_and_shall(35, 15, SOURCE),
)
