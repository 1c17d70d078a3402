"""The next one of a practice against what the city made of the one before: the package as it was taken is the base."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from leancity.core.cases.checks import SHORT
from leancity.core.cases.registry import open_kinds
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Problem, Refused, refuse
from leancity.core.files.threads import examining
from leancity.core.processes.bpmn.diff import Change, diff
from leancity.core.processes.bpmn.findings import BpmnError, Finding
from leancity.core.processes.bpmn.lint import Known, lint
from leancity.core.processes.bpmn.normalise import normalise
from leancity.core.processes.bpmn.reader import read
from leancity.core.processes.packages.adopting import latest_of
from leancity.core.processes.packages.binding import Here, drawing_here, here_of, lane_cards
from leancity.core.processes.packages.file import opened
from leancity.core.processes.packages.merging.values import MINE, THEIRS
from leancity.core.processes.packages.merging.whole import Differences, Merged, Whole, differences, merge
from leancity.core.processes.packages.model import Content
from leancity.core.processes.packages.tables import PackageAdoption
from leancity.core.processes.running.topics import topics
from leancity.core.processes.versions.lanes import LaneCard
from leancity.core.processes.versions.problems import of_drawing
from leancity.core.processes.versions.rows import find_process
from leancity.core.processes.versions.stored import original
from leancity.core.processes.versions.tables import (
    LaneBinding,
    Process,
    ProcessDecision,
    ProcessForm,
    ProcessVersion,
)
from leancity.core.processes.xml import XmlError


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What there is of a process here: its newest version with all that belongs to it."""

    process: Process
    version: ProcessVersion
    whole: Whole


@dataclass(frozen=True, kw_only=True)
class Upgrade:
    """An upgrade as it would become; ``taken`` what would change in the drawing here, ``findings`` what the lint says
    of it, ``measures`` what the package before had asked to be done."""

    merged: Merged
    taken: tuple[Change, ...]
    measures: tuple[str, ...]
    findings: tuple[Finding, ...]
    standing: Standing


async def local_changes(row: PackageAdoption) -> Differences | None:
    """Return what this city has changed of a package since it took it, None while it has not landed.

    ``row`` here and below comes with its package (``rows.read_adoption``).
    """
    if row.process_id is None or row.adopted_at is None:
        return None
    async with tenant_tx() as unit:
        here = await here_of(unit)
        standing = await standing_of(row.process_id)
    return await examining(_changes, opened(row.content), json.loads(row.bindings), here, standing.whole)


async def upgrade_of(row: PackageAdoption, choices: Mapping[str, str]) -> Upgrade | None:
    """Return what an adoption would make of its process with these choices, None where it is no upgrade.

    Refuses a choice that is neither mine nor theirs. Names that are not bound yet stand as they are in the package.
    """
    for address, choice in choices.items():
        if choice not in (MINE, THEIRS):
            raise refuse("case_choice_unknown", f"choices.{address[:SHORT]}", choices=f"{MINE}, {THEIRS}")
    if row.process_id is None or row.adopted_at is not None:
        return None
    async with tenant_tx() as unit:
        former = await latest_of(row.process_id, row.package_key)
        if former is None:
            raise refuse("package_no_ancestor", "id")
        here = await here_of(unit)
        standing = await standing_of(row.process_id)
    known = _known(standing.process, here)
    sides = ((opened(former.content), json.loads(former.bindings)), (opened(row.content), json.loads(row.bindings)))
    merged, taken, findings = await examining(_upgraded, sides, here, standing, dict(choices), known)
    return Upgrade(merged=merged, taken=taken, findings=findings, standing=standing, measures=sides[0][0].measures)


async def standing_of(process_id: uuid.UUID) -> Standing:
    """Return what there is of a process. Joins the open unit."""
    process = await find_process(process_id)
    versions = ProcessVersion.objects().where(ProcessVersion.process_id == process_id)
    version = await versions.order_by(ProcessVersion.no, ascending=False).first()
    if version is None:
        raise refuse("process_untested", "id", no=0)
    forms = await ProcessForm.objects().where(ProcessForm.version_id == version.id).order_by(ProcessForm.key)
    tables = ProcessDecision.objects().where(ProcessDecision.version_id == version.id)
    decisions = await tables.order_by(ProcessDecision.key)
    lanes = await LaneBinding.objects().where(LaneBinding.process_id == process_id)
    whole = Whole(
        xml=original(version.xml),
        forms={row.key: _form(row.title, json.loads(row.data_schema), json.loads(row.ui_schema)) for row in forms},
        decisions={row.key: {"title": row.title, "xml": row.xml} for row in decisions},
        lanes={row.lane: _lane(_card(row)) for row in lanes},
    )
    return Standing(process=process, version=version, whole=whole)


def whole_of(content: Content, bindings: Mapping[str, str], here: Here) -> Whole:
    """Return a package as it would stand here. CPU."""
    return Whole(
        xml=drawing_here(original(content.drawing.xml), bindings, here),
        forms={each.key: _form(each.title, each.data_schema, each.ui_schema) for each in content.forms},
        decisions={each.key: {"title": each.title, "xml": each.xml} for each in content.decisions},
        lanes={lane: _lane(card) for lane, card in lane_cards(content, bindings).items() if card.names_somebody},
    )


def _changes(content: Content, bindings: Mapping[str, str], here: Here, mine: Whole) -> Differences:
    return differences(whole_of(content, bindings, here), mine)


def _upgraded(
    sides: tuple[tuple[Content, Mapping[str, str]], ...],
    here: Here,
    standing: Standing,
    choices: Mapping[str, str],
    known: Known,
) -> tuple[Merged, tuple[Change, ...], tuple[Finding, ...]]:
    base, theirs = (whole_of(content, bindings, here) for content, bindings in sides)
    merged = merge(base, standing.whole, theirs, choices)
    whole, element = merged.whole, standing.version.process_element
    has = {"forms": whole.forms, "decisions": whole.decisions, "lanes": whole.lanes}
    of_version = Known(
        **{**_fields(known), **{name: frozenset(keys) for name, keys in has.items()}}  # what it brings itself
    )
    try:
        taken = diff(read(standing.whole.xml), read(whole.xml)).changes
        return merged, taken, lint(normalise(whole.xml, element).xml, element, of_version)
    except (BpmnError, XmlError) as error:
        raise Refused(of_drawing(error, "id")) from error


def require_settled(upgrade: Upgrade) -> None:
    """Refuse an upgrade with open conflicts, each by its element, or one that could not go to the test stand."""
    open_ = [
        Problem(code="package_conflict", field="choices", params={"address": each.address, "title": each.title})
        for each in upgrade.merged.open
    ]
    if open_:
        raise Refused(*open_)
    errors = [each for each in upgrade.findings if each.is_error]
    if errors:
        raise Refused(*(Problem(code=each.code, field="choices", params=each.facts) for each in errors))


def _known(process: Process, here: Here) -> Known:
    kind = open_kinds().get(process.case_kind)
    return Known(
        roles=frozenset(here.titles["role"]),
        topics=frozenset(topics()),
        states=frozenset(state.key for state in kind.states) if kind else frozenset(),
    )


def _fields(known: Known) -> dict[str, Any]:
    return {"roles": known.roles, "topics": known.topics, "states": known.states}


def _form(title: str, data_schema: Any, ui_schema: Any) -> dict[str, Any]:
    return {"title": title, "data_schema": data_schema, "ui_schema": ui_schema}


def _card(row: LaneBinding) -> LaneCard:
    return LaneCard(
        lane=row.lane,
        role_key=row.role_key,
        unit_id=row.unit_id,
        position_id=row.position_id,
        is_author=row.is_author,
        is_head=row.is_head,
    )


def _lane(card: LaneCard) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, uuid.UUID) else value for name, value in asdict(card).items()}


def card_of(lane: Mapping[str, Any]) -> LaneCard:
    """Return a lane as it stands in a ``Whole`` as the card that binds it."""
    ids = {name: uuid.UUID(lane[name]) if lane[name] else None for name in ("unit_id", "position_id")}
    return LaneCard(**{**lane, **ids})
