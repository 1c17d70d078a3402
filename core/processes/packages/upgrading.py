"""A package against the process that it goes onto.

Against one that came of the package before it, that package is the base of a three-way merge. Against any other of the
city's there is no base: what is not alike is chosen, part by part.
"""

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
from leancity.core.processes.packages.aligning import aligned
from leancity.core.processes.packages.binding import Here, drawing_here, here_of, lane_cards
from leancity.core.processes.packages.file import opened
from leancity.core.processes.packages.merging.values import MINE, THEIRS
from leancity.core.processes.packages.merging.whole import Differences, Merged, Whole, choose, differences, merge
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

MOST_TOLD = 20
"""Open choices that one refusal names."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What there is of a process here: its newest version with all that belongs to it."""

    process: Process
    version: ProcessVersion
    whole: Whole


@dataclass(frozen=True, kw_only=True)
class Upgrade:
    """A process as it would become; ``taken`` what would change in the drawing here, ``findings`` what the lint says
    of it, ``measures`` what the package before had asked to be done.

    ``is_two_way``: there was no package before. ``element``: the id of the process in the merged drawing.
    """

    merged: Merged
    taken: tuple[Change, ...]
    measures: tuple[str, ...]
    findings: tuple[Finding, ...]
    standing: Standing
    is_two_way: bool
    element: str


async def local_changes(row: PackageAdoption) -> Differences | None:
    """Return what this city has changed of a package since it took it, None while it has not landed.

    ``row`` here and below comes with its package (``rows.read_adoption``).
    """
    if row.process_id is None or row.adopted_at is None:
        return None
    async with tenant_tx() as unit:
        here = await here_of(unit)
        standing = await standing_of(row.process_id)
    return await examining(_changes, opened(row.content), json.loads(row.bindings), here, standing)


async def upgrade_of(row: PackageAdoption, choices: Mapping[str, str]) -> Upgrade | None:
    """Return what an adoption would make of its process with these choices, None where it becomes one of its own.

    Refuses a choice that is neither mine nor theirs. Names that are not bound yet stand as they are in the package.
    """
    check_choices(choices)
    if row.process_id is None or row.adopted_at is not None:
        return None
    async with tenant_tx() as unit:
        former = await latest_of(row.process_id, row.package_key)
        here = await here_of(unit)
        standing = await standing_of(row.process_id)
    known = _known(standing.process, here)
    base = None if former is None else (opened(former.content), json.loads(former.bindings))
    theirs = (opened(row.content), json.loads(row.bindings))
    return await examining(_upgraded, base, theirs, here, standing, dict(choices), known)


def check_choices(choices: Mapping[str, str]) -> None:
    """Refuse a choice that is neither mine nor theirs."""
    for address, choice in choices.items():
        if choice not in (MINE, THEIRS):
            raise refuse("case_choice_unknown", f"choices.{address[:SHORT]}", choices=f"{MINE}, {THEIRS}")


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


def whole_of(content: Content, bindings: Mapping[str, str], here: Here, element: str = "") -> Whole:
    """Return a package as it would stand here, its process under the id ``element`` where one is given. CPU."""
    xml = drawing_here(original(content.drawing.xml), bindings, here)
    return Whole(
        xml=aligned(xml, content.drawing.process_element, element),
        forms={each.key: _form(each.title, each.data_schema, each.ui_schema) for each in content.forms},
        decisions={each.key: {"title": each.title, "xml": each.xml} for each in content.decisions},
        lanes={lane: _lane(card) for lane, card in lane_cards(content, bindings).items() if card.names_somebody},
    )


def _changes(content: Content, bindings: Mapping[str, str], here: Here, standing: Standing) -> Differences:
    return differences(whole_of(content, bindings, here, standing.version.process_element), standing.whole)


def _upgraded(
    base: tuple[Content, Mapping[str, str]] | None,
    theirs: tuple[Content, Mapping[str, str]],
    here: Here,
    standing: Standing,
    choices: Mapping[str, str],
    known: Known,
) -> Upgrade:
    element, coming = standing.version.process_element, theirs[0].drawing.process_element
    there = whole_of(*theirs, here, element)
    if base is None:
        merged = choose(standing.whole, there, choices)
    else:
        merged = merge(whole_of(*base, here, element), standing.whole, there, choices)
    whole = merged.whole
    has = {"forms": whole.forms, "decisions": whole.decisions, "lanes": whole.lanes}
    of_version = Known(
        **{**_fields(known), **{name: frozenset(keys) for name, keys in has.items()}}  # what it brings itself
    )
    try:
        drawing = read(whole.xml)
        if drawing.process(element) is None:
            element = coming
        return Upgrade(
            merged=merged,
            taken=diff(read(standing.whole.xml), drawing).changes,
            findings=lint(normalise(whole.xml, element).xml, element, of_version),
            standing=standing,
            measures=() if base is None else base[0].measures,
            is_two_way=base is None,
            element=element,
        )
    except (BpmnError, XmlError) as error:
        raise Refused(of_drawing(error, "id")) from error


def require_settled(upgrade: Upgrade) -> None:
    """Refuse one with open choices, each by its address, and one that could not go to the test stand."""
    code = "package_difference" if upgrade.is_two_way else "package_conflict"
    open_ = [
        Problem(code=code, field="choices", params={"address": each.address, "title": each.title})
        for each in upgrade.merged.open[:MOST_TOLD]
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
        calendars=frozenset(here.titles["calendar"]),
        topics=frozenset(topics()),
        states=frozenset(state.key for state in kind.states) if kind else frozenset(),
    )


def _fields(known: Known) -> dict[str, Any]:
    return {"roles": known.roles, "topics": known.topics, "states": known.states, "calendars": known.calendars}


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
