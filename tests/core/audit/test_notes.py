"""The buffer: equal notes are counted, its size is bounded, and what is lost is told."""

from __future__ import annotations

import uuid
from dataclasses import replace

from leancity.core.audit.notes import LOST, Buffer, Note
from leancity.core.moment import now

NOTE = Note(
    tenant_id=1,
    at=now(),
    request_id="abc",
    outcome="refused",
    actor_kind="user",
    actor_id=uuid.UUID(int=1),
    action="core.audit.read",
)


def test_equal_notes_are_counted_on_the_first() -> None:
    buffer = Buffer(10)
    buffer.add([NOTE, replace(NOTE, request_id="later", at=now()), replace(NOTE, repeats=3)])
    assert buffer.take() == {1: [replace(NOTE, repeats=5)]}
    assert buffer.take() == {} and not len(buffer)


def test_what_differs_in_who_what_or_where_is_a_row_of_its_own() -> None:
    others = [
        replace(NOTE, tenant_id=2),
        replace(NOTE, actor_id=None),
        replace(NOTE, action="core.person.read"),
        replace(NOTE, outcome="read"),
        replace(NOTE, subject="case"),
        replace(NOTE, subject_id=uuid.UUID(int=2)),
        replace(NOTE, data='{"a": 1}'),
    ]
    buffer = Buffer(10)
    buffer.add([NOTE, *others])
    taken = buffer.take()
    assert taken == {1: [NOTE, *others[1:]], 2: [others[0]]}


def test_of_what_finds_no_place_the_number_is_told() -> None:
    buffer = Buffer(2)
    subjects = [replace(NOTE, subject_id=uuid.UUID(int=number)) for number in range(5)]
    buffer.add([*subjects, subjects[0], replace(subjects[4], tenant_id=2, repeats=7)])
    taken = buffer.take()
    ours, theirs = taken[1], taken[2]
    assert [(note.action, note.repeats) for note in ours] == [(NOTE.action, 2), (NOTE.action, 1), (LOST, 3)]
    assert [(note.action, note.repeats, note.outcome) for note in theirs] == [(LOST, 7, "refused")]


def test_what_could_not_be_written_is_put_back_with_its_numbers() -> None:
    buffer = Buffer(1)
    buffer.add([NOTE, replace(NOTE, subject="case"), replace(NOTE, subject="case")])
    taken = buffer.take()[1]
    buffer.add([NOTE])
    buffer.add(taken)
    assert [(note.action, note.repeats) for note in buffer.take()[1]] == [(NOTE.action, 2), (LOST, 2)]
