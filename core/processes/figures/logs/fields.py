"""What a line of an event log may say, and the rules for one line: the same for CSV and for XES."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from leancity.core.clock.city import FIRST_YEAR
from leancity.core.errors import Problem
from leancity.core.imports.target import BatchResult, FieldKind, ImportField, ImportTarget, Values, Write
from leancity.core.moment import now

COMPLETE = "complete"
TRANSITIONS: dict[str, dict[str, str]] = {
    "schedule": {"en": "Scheduled", "ru": "Поставлено в очередь"},
    "assign": {"en": "Assigned", "ru": "Назначено"},
    "reassign": {"en": "Reassigned", "ru": "Переназначено"},
    "start": {"en": "Started", "ru": "Начато"},
    "suspend": {"en": "Suspended", "ru": "Приостановлено"},
    "resume": {"en": "Resumed", "ru": "Возобновлено"},
    COMPLETE: {"en": "Completed", "ru": "Завершено"},
    "withdraw": {"en": "Withdrawn", "ru": "Отозвано"},
    "ate_abort": {"en": "Aborted", "ru": "Прервано"},
    "pi_abort": {"en": "Case aborted", "ru": "Дело прервано"},
    "autoskip": {"en": "Skipped", "ru": "Пропущено"},
    "manualskip": {"en": "Skipped by hand", "ru": "Пропущено вручную"},
    "unknown": {"en": "Unknown", "ru": "Неизвестно"},
}
"""XES's lifecycle. A log without it tells of completions only."""
EARLIEST = datetime(FIRST_YEAR, 1, 2, tzinfo=UTC)
_TIMES = ("available_at", "started_at", "at")

FIELDS: tuple[ImportField, ...] = (
    ImportField(
        name="case",
        title={"en": "Case", "ru": "Дело"},
        required=True,
        aliases=("case id", "case:concept:name", "номер дела", "номер", "заявка", "обращение"),
    ),
    ImportField(
        name="activity",
        title={"en": "Step", "ru": "Шаг"},
        required=True,
        aliases=("activity", "concept:name", "event", "операция", "действие", "этап", "событие"),
    ),
    ImportField(
        name="available_at",
        title={"en": "Available since", "ru": "Поступило на шаг"},
        kind=FieldKind.MOMENT,
        aliases=("available", "scheduled", "assigned at", "поступило"),
    ),
    ImportField(
        name="started_at",
        title={"en": "Started at", "ru": "Начато в"},
        kind=FieldKind.MOMENT,
        aliases=("start", "start timestamp", "start time", "начало", "начато"),
        not_before="available_at",
    ),
    ImportField(
        name="at",
        title={"en": "Time", "ru": "Время"},
        kind=FieldKind.MOMENT,
        required=True,
        aliases=(
            "timestamp", "time:timestamp", "end", "end time", "complete timestamp", "completed at", "done at", "дата",
            "окончание", "завершено", "дата и время",
        ),
        not_before="started_at",
    ),
    ImportField(
        name="transition",
        title={"en": "Transition", "ru": "Переход"},
        kind=FieldKind.CHOICE,
        choices=TRANSITIONS,
        aliases=("lifecycle:transition", "lifecycle"),
    ),
    ImportField(
        name="resource",
        title={"en": "Resource", "ru": "Исполнитель"},
        aliases=("org:resource", "user", "сотрудник", "кто"),
    ),
    ImportField(
        name="unit",
        title={"en": "Unit", "ru": "Подразделение"},
        aliases=("org:group", "department", "отдел"),
    ),
    ImportField(
        name="channel", title={"en": "Channel", "ru": "Канал"}, limit=60, aliases=("case:channel", "канал обращения")
    ),
    ImportField(
        name="outcome", title={"en": "Outcome", "ru": "Исход"}, limit=60, aliases=("case:outcome", "результат")
    ),
)  # fmt: skip
"""Unit: the key of one of the city's; channel and outcome belong to the case, the last line that has one decides."""


async def _only_read(_rows: Sequence[Values], _source: str) -> BatchResult:
    return BatchResult(written=0, known=0)


def log_target(write: Write = _only_read) -> ImportTarget:
    """Return the target; ``write`` takes rows of whole cases. Without it a log can only be read and checked."""
    return ImportTarget(
        name="core.process_log",
        title={"en": "Event log of a process", "ru": "Журнал событий процесса"},
        fields=FIELDS,
        write=write,
        check=_check,
    )


def _check(values: Values) -> Iterable[Problem]:
    """Refuse times that the work clock doesn't hold."""
    latest = now() + timedelta(days=1)  # another machine's clock may be ahead
    for name in _TIMES:
        moment = values[name]
        if moment is not None and not EARLIEST <= moment <= latest:
            yield Problem(code="import_moment_outside", field=name, params={"earliest": EARLIEST.date().isoformat()})
