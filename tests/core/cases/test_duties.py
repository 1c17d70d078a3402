"""Who enters does not approve: a transition may be apart from others, and from filing."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable

import pytest

from leancity.core.cases.kinds import FILING, CaseKind
from leancity.core.cases.moves import Standing, available_moves, move
from leancity.core.errors import StartupError
from leancity.core.testing.city import TestUser
from tests.core.cases.town import EVERYTHING, REQUEST, Town, filed, person, refused


def apart(name: str, *others: str) -> CaseKind:
    """Return the help desk's kind with one transition that is apart from others."""
    steps = [
        dataclasses.replace(step, apart_from=others) if step.name == name else step for step in REQUEST.transitions
    ]
    return dataclasses.replace(REQUEST, transitions=tuple(steps))


async def offered(town: Town, who: TestUser, case_id: uuid.UUID, status: str) -> list[str]:
    async with town.city.serving(as_=who):
        standing = Standing(case_id, REQUEST.key, status)
        return [step.name for step in (await available_moves([standing]))[standing.id]]


async def test_who_took_it_does_not_close_it(town: Town, install: Callable[[CaseKind], None]) -> None:
    install(apart("close", "take"))
    async with town.city.serving():
        other = await person(*EVERYTHING)
    async with town.city.serving(as_=town.clerk):
        case = await filed()
        await move(case.id, "take")
        with refused("case_duties_separate", "transition"):
            await move(case.id, "close", outcome="fixed")
    assert "close" not in await offered(town, town.clerk, case.id, "in_work")
    assert "close" in await offered(town, other, case.id, "in_work")
    async with town.city.serving(as_=other):
        assert (await move(case.id, "close", outcome="fixed")).outcome == "fixed"
    rows = await town.city.rows(
        "select actor_id from audit_event where tenant_id = $1 and outcome = 'refused' and subject_id = $2", case.id
    )
    assert [row["actor_id"] for row in rows] == [town.clerk.id], "the attempt was rolled back, its record was not"


async def test_who_filed_it_does_not_take_it(town: Town, install: Callable[[CaseKind], None]) -> None:
    install(apart("take", FILING))
    async with town.city.serving(as_=town.clerk):
        case = await filed()
        with refused("case_duties_separate", "transition"):
            await move(case.id, "take")
    async with town.city.serving():
        assert (await move(case.id, "take")).status == "in_work", "the platform's own work is nobody's duty"


@pytest.mark.parametrize("other", ["close", "no such"])
def test_a_kind_that_separates_nonsense_stops_the_start(other: str) -> None:
    with pytest.raises(StartupError, match="can't be apart"):
        apart("close", other)
