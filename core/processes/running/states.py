"""The case that a process moves: its status follows the drawing, and it is closed at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from leancity.core.cases.kinds import Transition
from leancity.core.cases.moves import Asked, check_move, make_move, require_move
from leancity.core.errors import refuse
from leancity.core.processes.bpmn.model import Flow, Node
from leancity.core.processes.engine.run import Passed
from leancity.core.processes.running.kind import DONE, FINISH, PROCESS
from leancity.core.processes.running.locking import Turn
from leancity.core.processes.running.wishes import NOTE, OUTCOME, forget, wish_of


async def follow(turn: Turn, entered: Sequence[Passed]) -> None:
    """Move the case along the flows that the step passed (``lean:move``) and into the states of the nodes that it
    entered (``lean:state``), in their order.

    A move that somebody asked for is made in their right, whoever makes the step that comes to it. Any other asks for
    its transition's permission, if it has one: a drawing gives nobody a right that the service's own rules refuse.
    """
    flows = {flow.id: flow for flow in turn.loaded.flows}
    for place, passed in enumerate(entered):
        flow, node = flows.get(passed.flow_id), turn.loaded.nodes.get(passed.node_id)
        if flow is not None and flow.move:
            await _pass(turn, flow, entered[place:])
        if node is not None and node.state:
            await _enter(turn, node, flow)


async def close(turn: Turn, outcome: str | None) -> str | None:
    """Close the case at the end of its process; return how the instance ended.

    The kernel's own kind is done. A service's case is closed by the states of its drawing; where those have not, by a
    transition into a final state that fits the outcome, and otherwise it stays as its service left it.
    """
    case, kind = turn.case, turn.kind
    if case is None or kind is None:
        return outcome or DONE
    if case.closed_at is None:
        fits = [step for step in _steps(turn) if kind.state(step.to).is_final and _fits(turn, step, outcome)]
        if fits:
            await _make(turn, fits[0], DONE if kind.key == PROCESS.key else outcome, "")
    return outcome or case.outcome or DONE


def _fits(turn: Turn, step: Transition, outcome: str | None) -> bool:
    if turn.kind is not None and turn.kind.key == PROCESS.key:
        return step.name == FINISH
    return outcome in step.outcomes or not (step.outcomes or outcome)


async def _pass(turn: Turn, flow: Flow, ahead: Sequence[Passed]) -> None:
    """Make the move of a flow, unless the case stands already where it leads."""
    case, kind = turn.case, turn.kind
    if case is None or kind is None:
        return
    title, step = flow.title or turn.loaded.title(flow.source), kind.transition(flow.move)
    if step is None:
        raise refuse("process_move_unknown", None, element=title, move=flow.move)
    if case.status == step.to and case.status not in step.from_states:
        return
    if case.status not in step.from_states:
        raise refuse("process_state_unreachable", None, element=title, state=step.to)
    nodes = [node for passed in ahead if (node := turn.loaded.nodes.get(passed.node_id)) is not None]
    said = next((node.state_outcome for node in nodes if node.state == step.to and node.state_outcome), None)
    await _make(turn, step, said, title)


async def _enter(turn: Turn, node: Node, flow: Flow | None) -> None:
    case, kind = turn.case, turn.kind
    if case is None or kind is None:
        return
    if case.status == node.state:
        forget(turn.instance)  # the case is where it was: who asked for something asks again
        return
    wished, named = wish_of(turn.instance).get("transition"), flow.move if flow is not None else ""
    leading = [step for step in _steps(turn) if step.to == node.state]
    leading.sort(key=lambda step: (step.name != wished, step.name != named))
    if not leading:
        raise refuse("process_state_unreachable", None, element=node.title or node.id, state=node.state)
    await _make(turn, leading[0], node.state_outcome or node.outcome or None, node.title or node.id)


async def _make(turn: Turn, step: Transition, said: str | None, because: str) -> None:
    """Make a move of the case. ``said`` is the outcome that the drawing gives, ``because`` the reason where nobody gave
    one: what the drawing calls the way."""
    case, kind = turn.case, turn.kind
    if case is None or kind is None:
        return
    wish, facts = wish_of(turn.instance), turn.facts
    is_wished = wish.get("transition") == step.name
    known = facts.get(OUTCOME) if is_wished or facts.get(OUTCOME) in step.outcomes else None
    outcome = (said or known) if step.outcomes else None
    note = str(facts.get(NOTE) or "") if is_wished else because if step.requires_note else ""
    if is_wished:
        result = check_move(case, kind, step, outcome, note)
        asked = Asked(step=step, outcome=result, note=note, data=wish["data"], given=wish["given"], by=wish["by"])
        asked = replace(asked, is_later=turn.instance.revision > wish["revision"] + 1)
    else:
        result = await require_move(case, kind, step, outcome, note)
        asked = Asked(step=step, outcome=result, note=note, is_later=True)
    turn.case = await make_move(case, kind, asked)
    forget(turn.instance)


def _steps(turn: Turn) -> list[Transition]:
    if turn.case is None or turn.kind is None:
        return []
    return [step for step in turn.kind.transitions if turn.case.status in step.from_states]
