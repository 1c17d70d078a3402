"""Making a package of a process: its version in production, by natural keys, with what it changed here.

What the database says is read in one unit; the drawing, the search for personal data and the signature take a
processor, so they come after it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from leancity.core.cases.checks import LONG, SHORT, Checks
from leancity.core.cases.registry import open_kinds
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused, refuse
from leancity.core.files.threads import examining
from leancity.core.identity.tables import UserAccount
from leancity.core.moment import now
from leancity.core.processes.bpmn.model import Term
from leancity.core.processes.bpmn.reader import read as read_drawing
from leancity.core.processes.packages import file, model
from leancity.core.processes.packages.drawn_names import Drawn, named_in
from leancity.core.processes.packages.effect import given_effect
from leancity.core.processes.packages.names import names_of
from leancity.core.processes.packages.personal import People, folded_name, personal_in
from leancity.core.processes.packages.tables import PackageAdoption
from leancity.core.processes.packages.targets import case_targets
from leancity.core.processes.registry.tables import CityFunction, FunctionOperation
from leancity.core.processes.versions.measures import is_waiver
from leancity.core.processes.versions.processes import OWN_KIND
from leancity.core.processes.versions.rows import find_process, find_version, require_publisher
from leancity.core.processes.versions.stored import original
from leancity.core.processes.versions.tables import (
    LaneBinding,
    Process,
    ProcessDecision,
    ProcessForm,
    ProcessMeasure,
    ProcessVersion,
)
from leancity.core.tenancy import catalogue
from leancity.core.tenancy.context import current_tenant

MOST_TAGS = 20


@dataclass(frozen=True, kw_only=True)
class PackCard:
    """What is told of a package. ``is_unmeasured``: it has no evidence of its effect, and its giver says so."""

    description: str = ""
    tags: tuple[str, ...] = ()
    is_unmeasured: bool = False


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """What the database says of the process, read in one unit."""

    process: Process
    version: ProcessVersion
    content: model.Content
    people: People


async def packed(process_id: uuid.UUID, card: PackCard) -> file.Package:
    """Return the package of a process with the next number of its key; refuse what may not leave the city.

    Refused: a process that is not in production; one whose effect is not measured where nobody has said so; texts that
    name people of the city, their addresses or numbers, or ids of its rows, each by its place.
    """
    checked = _checked(card)
    async with tenant_tx():
        process = await find_process(process_id)
        require_publisher(process)
        if process.production_id is None:
            raise refuse("process_not_in_production", "process_id")
        version = await find_version(process.production_id)
    drawn = await examining(named_in, original(version.xml))
    rows = await _gathered(process_id, version, checked, drawn)
    effect = None
    if version.published_at is not None:
        effect = await given_effect(process_id, version.published_at)
    if effect is None and not checked.is_unmeasured:
        raise refuse("package_unmeasured", "is_unmeasured")
    return await examining(_written, rows, effect)


def _checked(card: PackCard) -> PackCard:
    checks = Checks()
    description = checks.text("description", card.description, limit=LONG)
    if len(card.tags) > MOST_TAGS:
        checks.wrong("process_too_many", "tags", limit=MOST_TAGS)
    tags = [
        checks.text(f"tags.{place}", each, limit=SHORT, required=True).lower() for place, each in enumerate(card.tags)
    ]
    checks.done()
    return PackCard(description=description, tags=tuple(dict.fromkeys(tags)), is_unmeasured=card.is_unmeasured)


async def _gathered(process_id: uuid.UUID, version: ProcessVersion, card: PackCard, drawn: Drawn) -> _Rows:
    tenant = current_tenant()
    async with tenant_tx() as unit:
        process = await find_process(process_id)
        bound = await LaneBinding.objects().where(LaneBinding.process_id == process_id).order_by(LaneBinding.lane)
        lanes, names = await names_of(unit, process_id, bound, drawn)
        forms = await ProcessForm.objects().where(ProcessForm.version_id == version.id).order_by(ProcessForm.key)
        tables = ProcessDecision.objects().where(ProcessDecision.version_id == version.id)
        decisions = await tables.order_by(ProcessDecision.key)
        measures = await ProcessMeasure.objects().where(ProcessMeasure.version_id == version.id)
        key = f"{tenant.slug}/{process.key}"
        content = model.Content(
            key=key,
            no=await catalogue.next_no(unit, key),
            process=model.Process(key=process.key, title=process.title, case_kind=process.case_kind),
            description=card.description,
            tags=card.tags,
            drawing=model.Drawing(
                xml=version.xml,
                process_element=version.process_element,
                starts_at=tuple(json.loads(version.starts_at)),
                ends_at=tuple(json.loads(version.ends_at)),
            ),
            forms=tuple(_form(row) for row in forms),
            decisions=tuple(model.Decision(key=row.key, title=row.title, xml=row.xml) for row in decisions),
            lanes=tuple(lanes),
            names=tuple(names),
            measures=tuple(row.title for row in sorted(measures, key=lambda e: e.id) if not is_waiver(row)),
            case_targets=case_targets(open_kinds().get(process.case_kind)),
            passport=await _passport(process.function_id),
            provenance=model.Provenance(
                city=tenant.slug,
                title=tenant.title,
                version_no=version.no,
                packed_at=now().isoformat(),
                parent=await _parent(process_id),
            ),
        )
        staff = UserAccount.select(UserAccount.name, UserAccount.login).where(UserAccount.kind == "staff")
        people = await staff
    names_ = frozenset(folded_name(row["name"]) for row in people) - {""}
    known = People(names=names_, logins=frozenset(row["login"] for row in people))
    return _Rows(process=process, version=version, content=content, people=known)


def _form(row: ProcessForm) -> model.Form:
    data, looks = json.loads(row.data_schema), json.loads(row.ui_schema)
    return model.Form(key=row.key, title=row.title, data_schema=data, ui_schema=looks)


async def _passport(function_id: uuid.UUID | None) -> model.Passport | None:
    row = await CityFunction.objects().where(CityFunction.id == function_id).first() if function_id else None
    if row is None:
        return None
    operations = FunctionOperation.objects().where(FunctionOperation.function_id == row.id)
    return model.Passport(
        title=row.title,
        lead_days=row.lead_days,
        day_hours=row.day_hours,
        launches=row.launches,
        error_share=row.error_share,
        operations=tuple(_operation(each) for each in await operations.order_by(FunctionOperation.place)),
    )


def _operation(row: FunctionOperation) -> model.Operation:
    return model.Operation(
        title=row.title,
        minutes=row.minutes,
        waiting_minutes=row.waiting_minutes,
        movement_minutes=row.movement_minutes,
        value_class=row.value_class,
    )


async def _parent(process_id: uuid.UUID) -> model.Ancestor | None:
    """Return the package that the process came of, the newest where it was upgraded."""
    taken = (PackageAdoption.process_id == process_id) & (PackageAdoption.state == "adopted")
    row = await PackageAdoption.objects().where(taken).order_by(PackageAdoption.adopted_at, ascending=False).first()
    if row is None:
        return None
    return model.Ancestor(key=row.package_key, no=row.package_no, giver=row.giver, checksum=row.checksum)


def _written(rows: _Rows, effect: model.Effect | None) -> file.Package:
    drawing = read_drawing(original(rows.version.xml))
    topics: set[str] = set()
    targets: list[model.Target] = []
    for drawn in drawing.processes:
        topics |= {node.topic for node in drawn.nodes if node.topic}
        told: Sequence[tuple[str, str, Term | None]] = (
            (drawn.id, drawn.title, drawn.term),
            *((node.id, node.title or node.id, node.term) for node in drawn.nodes),
        )
        targets += [_target(element, title, term) for element, title, term in told if term is not None]
    needed = {topic.partition(".")[0] for topic in topics} | {rows.process.case_kind.partition(".")[0]}
    modules = tuple(sorted(needed - {OWN_KIND.partition(".")[0]}))
    changes: dict[str, Any] = {"targets": tuple(targets), "effect": effect}
    content = _replaced(rows.content, process=_replaced(rows.content.process, modules=modules), **changes)
    problems = personal_in(content, rows.people)
    if problems:
        raise Refused(*problems)
    return file.write(content)


def _target(element: str, title: str, term: Term) -> model.Target:
    return model.Target(
        element=element,
        title=title,
        amount=term.amount,
        unit=term.unit,
        start=term.start,
        kind=term.kind,
        source=term.source,
    )


def _replaced(value: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(value, **changes)
