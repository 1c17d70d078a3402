"""How assignments went on paper: invented cases of the last year, brought in as the log of another system."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.i18n.catalogue import text
from leancity.core.moment import now
from leancity.core.processes.figures.logs.importing import LogWish, import_path
from leancity.core.processes.figures.tables import ImportedLog
from leancity.core.processes.versions.tables import Process
from leancity.core.tenancy.context import current_tenant
from leancity.modules.mayor_assignments.kinds import ASSIGNMENT_KEY

HISTORY = Path(__file__).parent / "history.json"
HEADERS = ("case", "activity", "available_at", "started_at", "at", "outcome")
_STEPS = ("acquaint", "work", "check", "resolve")


async def load_before() -> None:
    """Import the log where the process has none."""
    async with tenant_tx():
        process = await Process.objects().where(Process.key == ASSIGNMENT_KEY).first()
        if process is None or process.production_id is None:
            return
        if await ImportedLog.exists().where(ImportedLog.process_id == process.id):
            return
    title = text("mayor_assignments.demo_log", current_tenant().locale, {})
    with TemporaryDirectory() as folder:
        path = Path(folder) / "log.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(HEADERS)
            writer.writerows(_lines(json.loads(HISTORY.read_text("utf-8"))))
        wish = LogWish(process_id=process.id, title=title, version_id=process.production_id, ends=("resolve",))
        await import_path(path, wish, lambda done, total: None)


def _lines(cases: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    """Yield the steps of cases: ``days_ago`` is when each was issued, ``days`` how long each of its steps took."""
    for number, case in enumerate(cases, 1):
        at = now() - timedelta(days=case["days_ago"])
        for step, days in zip(_STEPS, case["days"], strict=True):
            done = at + timedelta(days=days)
            begun = done - timedelta(days=days * 0.1)  # it lay nine tenths of the time
            moments = (moment.isoformat(timespec="seconds") for moment in (at, begun, done))
            yield (f"П-{number}", step, *moments, case["outcome"])
            at = done
