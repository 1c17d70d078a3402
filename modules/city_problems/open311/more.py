"""What ``extensions=true`` adds to a report: the public answers, and what has become of it step by step."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from leancity.core.cases.reads import read_published
from leancity.core.cases.tables import CaseComment, CaseEvent
from leancity.core.db.unit import tenant_tx
from leancity.core.i18n.catalogue import pick
from leancity.core.identity.principal import current_principal
from leancity.core.tenancy.context import current_tenant
from leancity.modules.city_problems.open311.document import Value
from leancity.modules.city_problems.open311.requests import Found
from leancity.modules.city_problems.open311.states import standing
from leancity.modules.city_problems.questions.answers import answers_of
from leancity.modules.city_problems.tables import CityProblemsAnswer

COMMENT = "comment"


@dataclass(frozen=True, kw_only=True)
class More:
    """``attributes`` and ``notes`` as the document has them."""

    attributes: Sequence[Value]
    notes: Sequence[Value]


async def more_of(found: Sequence[Found]) -> dict[uuid.UUID, More]:
    """Return what is added to reports, by id."""
    ids, locale = [each.id for each in found], current_principal().locale
    async with tenant_tx():
        answers = await answers_of(ids)
        comments = await read_published(CaseComment, ids)
        steps = await _steps(ids)
    return {
        each: More(
            attributes=[_attribute(row, locale) for row in answers.get(each, ()) if row.is_public],
            notes=_notes(steps.get(each, ()), comments.get(each, ()), locale),
        )
        for each in ids
    }


async def _steps(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[CaseEvent]]:
    entered = CaseEvent.case_id.is_in([*ids]) & (CaseEvent.kind == "state_entered")
    found: dict[uuid.UUID, list[CaseEvent]] = {}
    if ids:
        for row in await CaseEvent.objects().where(entered):
            found.setdefault(row.case_id, []).append(row)
    return found


def _attribute(row: CityProblemsAnswer, locale: str) -> Value:
    return {
        "code": row.question,
        "label": pick(json.loads(row.title), locale),
        "value": pick(json.loads(row.shown), locale),
    }


def _notes(steps: Sequence[CaseEvent], comments: Sequence[CaseComment], locale: str) -> list[Value]:
    zone = current_tenant().zone_info
    lines: list[tuple[Any, str, str]] = []
    for step in steps:
        state = step.status or ""
        lines.append((step.at, state, standing(state, json.loads(step.data).get("outcome"), locale)))
    lines += [(each.at, COMMENT, each.body) for each in comments]
    return [
        {"datetime": at.astimezone(zone), "type": kind, "description": words}
        for at, kind, words in sorted(lines, key=lambda line: line[0])
    ]
