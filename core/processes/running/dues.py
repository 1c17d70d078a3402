"""Terms that a drawing takes from the facts, ``lean:term due``: of the whole case, and of single tasks.

A day is due with its end, a moment at once. When a step changes the facts, what is due changes with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from leancity.core.cases.holding_until import hold_until
from leancity.core.errors import refuse
from leancity.core.i18n.catalogue import text
from leancity.core.processes.bpmn.model import Node, Term
from leancity.core.processes.expressions.errors import ExpressionError
from leancity.core.processes.expressions.evaluating import evaluate
from leancity.core.processes.running.calendar import term_due
from leancity.core.processes.running.locking import Turn
from leancity.core.tenancy.context import current_tenant


def item_due(turn: Turn, node: Node | None, since: datetime, facts: Mapping[str, Any]) -> datetime | None:
    """Return when the work of a task that came up at ``since`` falls due; None: never, or a pause holds it up."""
    if node is None or node.term is None:
        return None
    if node.term.due:
        return _named(turn, node.term, facts, node.title or node.id)
    return term_due(node.term, since, turn.pauses, turn.clock(node.term.calendar))


async def settle_due(turn: Turn) -> bool:
    """Hold the open case to the moment that the facts name by now; return whether it is another than before."""
    term = turn.loaded.model.term
    if term is None or not term.due or turn.case is None or turn.kind is None or turn.case.closed_at is not None:
        return False
    due_at = _named(turn, term, turn.facts, turn.loaded.model.title)
    if due_at is None:
        return False
    return await hold_until(turn.case, turn.kind, due_at, text("process_term_due", current_tenant().locale, {}))


def _named(turn: Turn, term: Term, facts: Mapping[str, Any], element: str) -> datetime | None:
    try:
        value = evaluate(term.due, facts, turn.functions)
    except ExpressionError as error:
        raise refuse("process_term_unclear", None, element=element) from error
    try:
        return _moment(turn, date_or_moment(value))
    except (ValueError, OverflowError) as error:
        raise refuse("process_term_unclear", None, element=element) from error


def date_or_moment(value: Any) -> date | datetime | None:
    """Return what an expression gave as a day or a moment, None for nothing; ``ValueError``: it is neither."""
    if isinstance(value, str) and value.strip():
        return datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    if value is None or value == "":
        return None
    if isinstance(value, date):  # a moment is one too
        return value
    raise ValueError(type(value).__name__)


def _moment(turn: Turn, value: date | datetime | None) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        aware: datetime = value if value.tzinfo is not None else turn.functions["local"](value)
        return aware.astimezone(UTC)
    return turn.moment.clock.midnight(value + timedelta(days=1))
