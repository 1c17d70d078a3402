"""What is asked of a module's process at start, so that no city ever gets one that can't be run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from leancity.core.errors import StartupError
from leancity.core.i18n.catalogue import LOCALES
from leancity.core.identity.permissions import KERNEL_ROLES
from leancity.core.plugins.contributions import ModuleProcess
from leancity.core.processes.bpmn.lint import Known, lint
from leancity.core.processes.bpmn.model import Assign
from leancity.core.processes.running.forms import check_form
from leancity.core.processes.shipped.reading import DRAWN_IN, Shipped, names_of, read_shipped, untranslated

if TYPE_CHECKING:  # it needs this file
    from leancity.core.plugins.manager import Modules


def check_process(modules: Modules, process: ModuleProcess) -> None:
    """Raise ``StartupError`` naming the process and the first thing that is wrong with it."""
    if not {*LOCALES} <= process.title.keys():
        raise StartupError(f"{process.key}: it needs a title in {' and '.join(LOCALES)}")
    for problem in _problems(modules, process, read_shipped(process, DRAWN_IN)):
        raise StartupError(f"{process.key}: {problem}")


def _problems(modules: Modules, process: ModuleProcess, drawn: Shipped) -> Iterator[str]:
    kind = modules.case_kinds.get(process.case_kind)
    if kind is None or kind.module != process.key.partition(".")[0]:
        yield f"{process.case_kind!r} is no kind of case of its module"
        return
    try:
        for locale in LOCALES:
            if locale != DRAWN_IN and (odd := untranslated(drawn.data, names_of(process, locale))):
                yield f"the names of elements in {locale}: missing or needless: {', '.join(odd)}"
    except (OSError, ValueError) as error:
        yield f"{type(error).__name__}: {error}"
    yield from _lane_problems(modules, process, drawn)
    for form in drawn.forms:
        yield from (
            f"the form {form.key!r}: {each.field}: {each.code}" for each in check_form(form.data_schema, form.ui_schema)
        )
    nodes = {node.id for node in drawn.model.nodes}
    yield from (f"it has no node {each!r}" for each in (*process.starts_at, *process.ends_at) if each not in nodes)
    known = Known(
        forms=frozenset(form.key for form in drawn.forms),
        decisions=frozenset(decision.key for decision in drawn.decisions),
        topics=frozenset(modules.service_tasks),
        states=frozenset(state.key for state in kind.states),
        roles=frozenset(_roles(modules)),
    )
    for finding in lint(drawn.executable.encode(), drawn.model.id, known):
        if finding.is_error:
            yield f"{finding.code}: {finding.element}: {dict(finding.params)}"
    moves = {step.name for step in kind.transitions}
    yield from (
        f"the flow {flow.id!r}: no such move: {flow.move!r}"
        for flow in drawn.model.flows
        if flow.move and flow.move not in moves
    )


def _lane_problems(modules: Modules, process: ModuleProcess, drawn: Shipped) -> Iterator[str]:
    lanes = {lane.id for lane in drawn.model.lanes}
    for lane_id, workers in process.lanes.items():
        if lane_id not in lanes:
            yield f"it has no lane {lane_id!r}"
        elif workers.role and workers.role not in _roles(modules):
            yield f"the lane {lane_id!r}: no such role: {workers.role!r}"
        elif not (workers.role or workers.is_author or workers.is_head):
            yield f"the lane {lane_id!r}: nobody works in it"
    bound = {drawn.lane(lane_id) for lane_id in process.lanes if lane_id in lanes}
    for node in drawn.model.nodes:
        if node.type == "userTask" and not (node.assign or Assign()).names_somebody and node.lane not in bound:
            yield f"nobody does the task {node.id!r}: its lane {node.lane!r} is not bound"


def _roles(modules: Modules) -> set[str]:
    return {*modules.roles, *(role.key for role in KERNEL_ROLES)}
