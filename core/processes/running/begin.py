"""Beginning a process: its case, its instance and its first step commit together."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from leancity.core.cases.checks import LONG, SHORT, one_text
from leancity.core.cases.filing import Filing, file_case
from leancity.core.cases.kinds import CaseKind
from leancity.core.cases.moves import Asked
from leancity.core.cases.numbers import draw_number
from leancity.core.cases.registry import kind_to_file, open_kinds
from leancity.core.cases.tables import CaseRecord
from leancity.core.cases.terms import promise
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused, refuse
from leancity.core.identity.principal import current_principal
from leancity.core.moment import now
from leancity.core.plugins.manager import installed_modules
from leancity.core.processes.engine import step as engine
from leancity.core.processes.running.calendar import rule_of
from leancity.core.processes.running.failures import refusing
from leancity.core.processes.running.given import module_facts
from leancity.core.processes.running.locking import turn_of
from leancity.core.processes.running.marks import TEST, Chosen, choose, find_process, is_there, key_of
from leancity.core.processes.running.programs import Loaded, loaded
from leancity.core.processes.running.settling import opened
from leancity.core.processes.running.step import deliver
from leancity.core.processes.running.tables import ProcessInstance
from leancity.core.processes.running.wishes import keep
from leancity.core.processes.versions.tables import Process

BEGIN = "core.task.work"
TRY = "core.process.change"


async def begin_by_hand(
    process_key: str, facts: Mapping[str, Any], *, title: str, text: str = "", unit_id: uuid.UUID | None = None
) -> ProcessInstance:
    """Begin a process for whoever asks, who works with tasks."""
    current_principal().require(BEGIN)
    async with tenant_tx():
        kind = (await find_process(process_key)).case_kind
    for brought in installed_modules().processes.values():
        if brought.case_kind == kind and brought.filed_by:
            raise refuse("process_begin_by_mutation", "process", mutation=brought.filed_by)
    return await begin(process_key, facts, title=title, text=text, unit_id=unit_id)


async def tell_by_hand(
    name: str, correlation: str, facts: Mapping[str, Any], *, instance_id: uuid.UUID | None = None
) -> ProcessInstance:
    """Give a message to the one instance that waits for it, for whoever asks, who works with tasks."""
    current_principal().require(BEGIN)
    return await deliver(name, correlation, facts, instance_id=instance_id, by_hand=True)


async def try_out(
    version_id: uuid.UUID, facts: Mapping[str, Any], *, title: str, unit_id: uuid.UUID | None = None
) -> ProcessInstance:
    """Begin a version on the test stand for whoever draws."""
    current_principal().require(TRY)
    async with tenant_tx():
        key = await key_of(version_id)
    return await begin(key, facts, title=title, unit_id=unit_id, version_id=version_id)


async def begin(
    process_key: str,
    facts: Mapping[str, Any],
    *,
    title: str,
    text: str = "",
    mark: str | None = None,
    unit_id: uuid.UUID | None = None,
    author_id: uuid.UUID | None = None,
    version_id: uuid.UUID | None = None,
    source: tuple[str, str] | None = None,
    also: Callable[[CaseRecord], Awaitable[None]] | None = None,
) -> ProcessInstance:
    """Begin a process and return its instance, at its first waits or at its end.

    ``facts`` are JSON. ``unit_id`` is where the work arrives, the author's unit when None; ``author_id`` who it is for,
    whoever asks when None. ``mark`` production keeps a case out of a trial; a ``version_id`` is begun on the test
    stand, without a case. ``source`` (a system, its id there) lets the case in once only; ``also`` is done to the case
    in the same transaction, before its first step. Rights are the caller's to ask. Raises ``Refused`` naming the field
    or the element.
    """
    title = one_text("title", title, limit=SHORT, required=True)
    text = one_text("text", text, limit=LONG)
    who = current_principal()
    unit_id, author_id = unit_id or who.unit_id, author_id or who.user_id
    async with tenant_tx():
        process = await find_process(process_key)
        chosen = await choose(process, None if mark == "production" else unit_id, version_id)
        program = await loaded(chosen.version_id)
    # Drawn before the unit of work: then the counter's row is locked for a moment only.
    is_test = chosen.mark == TEST
    kind = None if is_test else kind_to_file(process.case_kind)
    number = None if kind is None else await draw_number(kind.key)
    async with tenant_tx(write=True):
        filing = Filing(title=title, text=text, unit_id=unit_id, author_id=author_id)
        if source is not None:
            filing = replace(filing, source=source[0], external_id=source[1])
        case = None if kind is None else await _filed(kind, filing, number, program)
        if also is not None and case is not None:
            await also(case)
        return await _begin(process, chosen, program, case, kind, facts, unit_id=unit_id, author_id=author_id)


@dataclass(frozen=True, kw_only=True)
class Ready:
    """A process that is about to begin on a case: what it will run, at hand."""

    process: Process
    chosen: Chosen
    program: Loaded


async def to_begin(process_key: str, unit_id: uuid.UUID | None = None) -> Ready | None:
    """Return what a new case of ``unit_id`` runs, for ``begin_on``; None where the city runs no such process.

    Call it before the transaction that files the case: a version may have to be compiled.
    """
    async with tenant_tx():
        process = await Process.objects().where(Process.key == process_key).first()
        if process is None or not is_there(process_key) or (process.trial_id is None and process.production_id is None):
            return None
        try:
            chosen = await choose(process, unit_id, None)
        except Refused:  # its first trial is for the cases of other units
            return None
        return Ready(process=process, chosen=chosen, program=await loaded(chosen.version_id))


async def begin_on(
    ready: Ready | None, case: CaseRecord, facts: Mapping[str, Any] | None = None, *, asked: Asked | None = None
) -> ProcessInstance | None:
    """Begin a process on a case that is locked, or was filed, in the open unit; None where there is none to begin.

    ``asked``: the move that takes up a closed case. The module's own facts are asked for after what is given here.
    """
    if ready is None:
        return None
    kind = open_kinds()[case.kind]
    if asked is None:
        await _promised(case, kind, ready.program)
    more = {"unit_id": case.unit_id, "author_id": case.author_id}
    given = {"reopened": False, **(facts or {})}
    return await _begin(ready.process, ready.chosen, ready.program, case, kind, given, asked=asked, **more)


async def _filed(kind: CaseKind, filing: Filing, number: str | None, program: Loaded) -> CaseRecord:
    case = await file_case(kind.key, filing, number=number)
    await _promised(case, kind, program)
    return case


async def _promised(case: CaseRecord, kind: CaseKind, program: Loaded) -> None:
    if program.model.term is not None and not program.model.term.due:
        await promise(case, kind, rule_of(program.model.term))


async def _begin(
    process: Process,
    chosen: Chosen,
    program: Loaded,
    case: CaseRecord | None,
    kind: CaseKind | None,
    facts: Mapping[str, Any],
    *,
    asked: Asked | None = None,
    **more: Any,
) -> ProcessInstance:
    instance = ProcessInstance(
        process_id=process.id,
        version_id=chosen.version_id,
        case_id=None if case is None else case.id,
        mark=chosen.mark,
        opened_at=now() if case is None or asked is not None else case.opened_at,
        **more,
    )
    turn = await turn_of(instance, process, case, kind)  # the first step writes it
    if not isinstance(facts, Mapping):
        raise refuse("process_facts_not_json", "facts")
    if asked is not None:
        keep(instance, asked)
    known = {**facts, **await module_facts(process.key, instance.case_id)}
    with refusing(program, "facts"):
        run = engine.begin(program.program, known, turn.moment.at, turn.functions)
    return await opened(turn, run, "begun")
