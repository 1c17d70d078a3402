"""The case that a process moves: its status follows the drawing, and it is closed at the end."""

from __future__ import annotations

from collections.abc import Iterable

from leancity.core.cases.kinds import Transition
from leancity.core.cases.moves import move
from leancity.core.errors import refuse
from leancity.core.processes.bpmn.model import Node
from leancity.core.processes.engine.run import Passed
from leancity.core.processes.running.kind import DONE, FINISH, PROCESS
from leancity.core.processes.running.locking import Turn


async def follow(turn: Turn, entered: Iterable[Passed]) -> None:
    """Give the case the states of the nodes that the step entered, in their order.

    Each move asks for its transition's permission, if it has one: a drawing gives nobody a right that the service's
    own rules refuse.
    """
    for passed in entered:
        node = turn.loaded.nodes.get(passed.node_id)
        if node is not None and node.state:
            await _enter(turn, node, passed.flow_id)


async def close(turn: Turn, outcome: str | None) -> str | None:
    """Close the case at the end of its process; return how the instance ended.

    The kernel's own kind is done. A service's case is closed by the states of its drawing; where those have not, by a
    transition into a final state that fits the outcome, and otherwise it stays as its service left it.
    """
    case, kind = turn.case, turn.kind
    if case is None or kind is None:
        return outcome or DONE
    if case.closed_at is None and kind.key == PROCESS.key:
        turn.case = await move(case.id, FINISH, outcome=DONE)
    elif case.closed_at is None:
        for step in _steps(turn):
            if kind.state(step.to).is_final and (outcome in step.outcomes or not (step.outcomes or outcome)):
                turn.case = await move(case.id, step.name, outcome=outcome)
                break
    return outcome or case.outcome or DONE


async def _enter(turn: Turn, node: Node, flow_id: str) -> None:
    case, kind = turn.case, turn.kind
    if case is None or kind is None or case.status == node.state:
        return
    named = {flow.move for flow in turn.loaded.flows if flow.id == flow_id and flow.move}
    leading = [step for step in _steps(turn) if step.to == node.state]
    leading.sort(key=lambda step: step.name not in named)
    if not leading:
        raise refuse("process_state_unreachable", None, element=node.title or node.id, state=node.state)
    step = leading[0]
    outcome = node.state_outcome or node.outcome or None
    turn.case = await move(case.id, step.name, outcome=outcome if step.outcomes else None)


def _steps(turn: Turn) -> list[Transition]:
    if turn.case is None or turn.kind is None:
        return []
    return [step for step in turn.kind.transitions if turn.case.status in step.from_states]
