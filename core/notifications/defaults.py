"""Whom the kernel tells of what, and the check of every default at start."""

from __future__ import annotations

import re
from collections.abc import Collection

from leancity.core.notifications.events import (
    EVENTS,
    IMPORT_ENDED,
    OF_AUTHORS,
    OF_FOLLOWERS,
    OF_SUBJECTS,
    PRACTICE_LANDED,
    REPORT_READY,
    REPORTS_MADE,
    TASK_DUE_SOON,
    TASK_OVERDUE,
    TASK_PASSED_ON,
    TASK_READY,
    TASKS,
    WITH_VISIBILITY,
)
from leancity.core.plugins.contributions import NotificationDefault

INAPP, EMAIL = "inapp", "email"
CHANNELS = (INAPP, EMAIL)
AUTHOR, FOLLOWER, ASSIGNEE, UNIT, UNIT_HEAD = "author", "follower", "assignee", "unit", "unit_head"
ADDRESSEE = "addressee"
"""Whom an escalation names; of what is no case, whom it is for."""
WORKER = "worker"
"""Whom a task waits for: who has it, or who may take it; of one that has gone to another unit, who had it."""
AUDIENCES = (AUTHOR, FOLLOWER, ASSIGNEE, UNIT, UNIT_HEAD, ADDRESSEE, WORKER)
OF_RESIDENTS = {AUTHOR: OF_AUTHORS, FOLLOWER: OF_FOLLOWERS}
"""The audiences that residents belong to, and what they may be told of."""
ROLE = "role:"
VISIBILITIES = ("internal", "public")

KERNEL_DEFAULTS: tuple[NotificationDefault, ...] = (
    NotificationDefault(
        key="core.registered",
        title={"en": "A case was filed for me", "ru": "Моё обращение зарегистрировано"},
        event="filed",
        audience=AUTHOR,
    ),
    NotificationDefault(
        key="core.moved",
        title={"en": "My case goes on", "ru": "Моё обращение движется"},
        event="moved",
        audience=AUTHOR,
        channels=(INAPP,),
    ),
    NotificationDefault(
        key="core.closed",
        title={"en": "My case is closed", "ru": "Моё обращение закрыто"},
        event="closed",
        audience=AUTHOR,
    ),
    NotificationDefault(
        key="core.reopened",
        title={"en": "My case is taken up again", "ru": "Моё обращение возобновлено"},
        event="reopened",
        audience=AUTHOR,
    ),
    NotificationDefault(
        key="core.answered",
        title={"en": "The city answers me", "ru": "Город ответил мне"},
        event="commented",
        audience=AUTHOR,
        visibility="public",
    ),
    NotificationDefault(
        key="core.assigned",
        title={"en": "A case is assigned to me", "ru": "Мне назначено дело"},
        event="assigned",
        audience=ASSIGNEE,
    ),
    NotificationDefault(
        key="core.commented",
        title={"en": "A comment on a case of mine", "ru": "Комментарий к моему делу"},
        event="commented",
        audience=ASSIGNEE,
        channels=(INAPP,),
    ),
    NotificationDefault(
        key="core.offered",
        title={"en": "A case is offered to my unit", "ru": "Моему подразделению передают дело"},
        event="handover_offered",
        audience=UNIT,
    ),
    NotificationDefault(
        key="core.returned",
        title={"en": "A unit returns a case of mine", "ru": "Переданное дело вернули"},
        event="handover_returned",
        audience=UNIT,
    ),
    NotificationDefault(
        key="core.due_soon",
        title={"en": "A term of my case runs out", "ru": "Истекает срок моего дела"},
        event="escalated",
        audience=ASSIGNEE,
    ),
    NotificationDefault(
        key="core.escalated",
        title={"en": "I am reminded of a term", "ru": "Мне напоминают о сроке"},
        event="escalated",
        audience=ADDRESSEE,
        is_mandatory=True,
    ),
    NotificationDefault(
        key="core.task_ready",
        title={"en": "A task waits for me", "ru": "Меня ждёт задача"},
        event=TASK_READY,
        audience=WORKER,
    ),
    NotificationDefault(
        key="core.task_due_soon",
        title={"en": "A task of mine is soon due", "ru": "Приближается срок моей задачи"},
        event=TASK_DUE_SOON,
        audience=WORKER,
    ),
    NotificationDefault(
        key="core.task_overdue",
        title={"en": "A task of mine is overdue", "ru": "Моя задача просрочена"},
        event=TASK_OVERDUE,
        audience=WORKER,
    ),
    NotificationDefault(
        key="core.task_passed_on",
        title={"en": "A task of mine has gone to another unit", "ru": "Моя задача ушла в другое подразделение"},
        event=TASK_PASSED_ON,
        audience=WORKER,
    ),
    NotificationDefault(
        key="core.report_ready",
        title={"en": "A report on my processes is ready", "ru": "Готов отчёт по моим процессам"},
        event=REPORT_READY,
        audience=ADDRESSEE,
    ),
    NotificationDefault(
        key="core.reports_made",
        title={
            "en": "The owners' reports that I asked for are made",
            "ru": "Готовы отчёты владельцев, которые я запросил",
        },
        event=REPORTS_MADE,
        audience=ADDRESSEE,
        channels=(INAPP,),
    ),
    NotificationDefault(
        key="core.import_ended",
        title={"en": "An import that I began has ended", "ru": "Завершена загрузка реестра, которую я начал"},
        event=IMPORT_ENDED,
        audience=ADDRESSEE,
        channels=(INAPP,),
    ),
    NotificationDefault(
        key="core.practice_landed",
        title={"en": "A practice was taken into my process", "ru": "В мой процесс принята практика"},
        event=PRACTICE_LANDED,
        audience=ADDRESSEE,
    ),
)

_ROLE = re.compile(r"role:[a-z][a-z0-9_.-]*")


def problem_of(
    default: NotificationDefault, *, case_kinds: Collection[str], states: Collection[tuple[str, str]]
) -> str | None:
    """Return what is wrong with a default, None for nothing. ``states``: pairs of a case kind and a state of it."""
    if not {"ru", "en"} <= default.title.keys():
        return "it needs a title in ru and en"
    if default.case_kind and default.case_kind not in case_kinds:
        return f"no such kind of case: {default.case_kind!r}"
    if default.status and (default.case_kind, default.status) not in states:
        return f"its kind of case has no state {default.status!r}"
    wrong = misfit(default.event, default.audience, default.channels, default.visibility)
    return None if wrong is None else f"{wrong}: {getattr(default, wrong)!r} does not fit"


def misfit(event: str, audience: str, channels: Collection[str], visibility: str) -> str | None:
    """Return the one of the four that does not fit, None where all do."""
    if event not in EVENTS:
        return "event"
    if audience not in AUDIENCES and not _ROLE.fullmatch(audience):
        return "audience"
    is_addressed = event in OF_SUBJECTS or (event == "escalated" and audience == ADDRESSEE)
    if (audience == ADDRESSEE) != is_addressed or (audience == WORKER and event not in TASKS):
        return "audience"
    if not channels or not {*channels} <= {*CHANNELS} or len({*channels}) != len(channels):
        return "channels"
    if visibility not in ("", *VISIBILITIES) or (visibility and event not in WITH_VISIBILITY):
        return "visibility"
    if event not in OF_RESIDENTS.get(audience, EVENTS):
        return "audience"
    if audience in OF_RESIDENTS and event in WITH_VISIBILITY and visibility != "public":
        return "visibility"
    return None
