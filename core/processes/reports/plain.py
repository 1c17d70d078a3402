"""Figures as plain data, as a report keeps them: numbers, texts, lists and records only."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from leancity.core.processes.figures.nodes import NodeFigures
from leancity.core.processes.figures.spread import Spread
from leancity.core.processes.figures.totals import ProcessFigures

_LEFT_OUT = frozenset({"asked", "balance", "visited", "narrowest"})


def spread(row: Spread) -> dict[str, Any]:
    """Return a time over many: ``n``, ``total``, ``median``, ``p85``, ``p95`` in seconds, and ``is_few``."""
    return {**asdict(row), "is_few": row.is_few}


def figures(row: ProcessFigures) -> dict[str, Any]:
    """Return the figures of a process under the names of ``ProcessFigures``; its nodes stand beside them."""
    found = {each.name: _value(getattr(row, each.name)) for each in fields(row) if each.name not in _LEFT_OUT}
    titles = {node.node_id: node.title or node.node_id for node in row.visited}
    return {
        **found,
        "working_days": row.asked.working_days,
        "narrowest": None if row.narrowest is None else titles[row.narrowest],
        "is_few": row.is_few,
    }


def node(row: NodeFigures) -> dict[str, Any]:
    """Return the figures of a step under the names of ``NodeFigures``."""
    found = {each.name: _value(getattr(row, each.name)) for each in fields(row)}
    return {**found, "title": row.title or row.node_id, "all_waiting": row.all_waiting, "is_few": row.is_few}


def time_shares(row: ProcessFigures) -> dict[str, float] | None:
    """Return where the time went, as shares of the lead time of the cases whose work was timed; None where none was.

    ``processing`` and ``waiting`` make up the whole. The kinds of waiting are sums over steps: where steps wait side by
    side they are more than the case waited, and time between steps is in none of them.
    """
    whole = row.processing.total + row.waiting.total
    if not whole:
        return None
    parts = ("processing", "waiting", "queue", "claimed", "suspended", "external")
    return {name: getattr(row, name).total / whole for name in parts}


def _value(value: Any) -> Any:
    return spread(value) if isinstance(value, Spread) else value
