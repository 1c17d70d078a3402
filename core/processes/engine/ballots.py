"""Secret votes: the answers of a repeated task as one sealed count, opened when the last has voted.

Nothing of a single answer is kept: it is added to the count in the step that it came with. What is kept between two
steps is sealed by the run-time's functions ``seal(text)`` and ``unseal(text)``, so that not even a count of one or two
votes can be read where states are stored. Texts stand in the order of the alphabet: who came first is lost.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leancity.core.processes.engine.errors import StepError
from leancity.core.processes.engine.safe_engine import Functions

FEWEST = 2
"""Votes that hide one another; of fewer nothing is told."""


@dataclass(frozen=True, slots=True)
class Ballot:
    """What is counted: the answers' ``field``, one of ``choices``. ``result`` is the fact that gets the count,
    ``quorum`` an expression over ``members`` and ``cast`` or None."""

    result: str
    field: str
    choices: tuple[str, ...]
    quorum: str | None


def cast(box: str | None, ballot: Ballot, answers: Mapping[str, Any], functions: Functions, element: str) -> str:
    """Return the sealed count with one vote more; None begins one.

    StepError: ``process_ballot_choice``: the vote is none of the choices; ``process_ballot_text``: something beside it
    is neither a text nor empty; ``process_no_ballots``: nobody lends ``seal``.
    """
    counted = _opened(box, ballot, functions, element)
    vote = answers.get(ballot.field)
    if vote not in ballot.choices:
        raise StepError("process_ballot_choice", element, choices=", ".join(ballot.choices))
    for name, value in answers.items():
        if name == ballot.field or value is None:
            continue
        if not isinstance(value, str):
            raise StepError("process_ballot_text", element, name=name)
        counted["texts"] = sorted([*counted["texts"], value])
    counted["votes"][vote] += 1
    return str(_lent(functions, "seal", element)(json.dumps(counted, ensure_ascii=False)))


def told(
    box: str | None, ballot: Ballot, members: int, has_quorum: bool, functions: Functions, element: str
) -> dict[str, Any]:
    """Return what the drawing learns of a vote that is over: ``members``, ``cast``, ``quorum``; with a quorum, and
    votes enough to hide one another, ``votes`` by choice and ``texts``, else neither."""
    counted = _opened(box, ballot, functions, element)
    number = sum(counted["votes"].values())
    counts = has_quorum and number >= FEWEST
    shown = counted if counts else {"votes": None, "texts": []}
    return {"members": members, "cast": number, "quorum": counts, **shown}


def _opened(box: str | None, ballot: Ballot, functions: Functions, element: str) -> dict[str, Any]:
    if box is None:
        return {"votes": dict.fromkeys(ballot.choices, 0), "texts": []}
    counted: dict[str, Any] = json.loads(_lent(functions, "unseal", element)(box))
    return counted


def _lent(functions: Functions, name: str, element: str) -> Any:
    if name not in functions:
        raise StepError("process_no_ballots", element)
    return functions[name]
