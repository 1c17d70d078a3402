"""The inbox: filters, search, pages, counts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leancity.core.cases.assignment import assign
from leancity.core.cases.handover import hand_over
from leancity.core.cases.inbox import InboxFilter, Keyset, count_cases, folder_counts, list_cases
from leancity.core.cases.moves import move
from leancity.core.cases.tables import CaseRecord
from leancity.core.errors import Forbidden
from leancity.core.moment import now
from tests.core.cases.town import Town, filed, person, refused

LONG_AGO = datetime(2024, 3, 1, tzinfo=UTC)


async def found(**wanted: Any) -> set[str]:
    """Return the titles that a filter finds, and hold the count equal to the list."""
    rows = await list_cases(InboxFilter(**wanted))
    assert await count_cases(InboxFilter(**wanted)) == len(rows)
    assert rows == sorted(rows, key=lambda row: (row.opened_at, row.id), reverse=True)
    return {row.title for row in rows}


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("ДОРОГА", {"Яма на дороге"}),
        ("дорогу", {"Яма на дороге"}),
        ("елка", {"Упала ёлка"}),
        ("ЁЛКИ", {"Упала ёлка"}),
        ("lamp", {"Broken lamps"}),
        ("breaking LAMP", set()),
        ("дорога or ёлка", {"Яма на дороге", "Упала ёлка"}),
        ("яма -дороге", {"Яма во дворе"}),
        ('"на дороге"', {"Яма на дороге"}),
        ("тротуар", {"Яма во дворе"}),
        ("такого нет", set()),
        ("' or 1=1 --", set()),
        ("дорога\0\ud800", {"Яма на дороге"}),
    ],
)
async def test_search_knows_both_languages(desk: Town, query: str, titles: set[str]) -> None:
    pit = ("Яма во дворе", "у тротуара")
    for title, text in (("Яма на дороге", ""), ("Упала ёлка", ""), ("Broken lamps", ""), pit):
        await filed(title, text=text)
    assert await found(text=query) == titles


async def test_search_finds_a_number(desk: Town) -> None:
    case = await filed("Один")
    await filed("Два")
    assert await found(text=case.number) == {"Один"}
    assert await found(text=case.number.lower()) == {"Один"}
    assert await found(number=case.number.lower()) == {"Один"}
    assert await found(number="RQ\0", statuses=("\0",), outcome="\0") == set()
    with refused("too_long", "text"):
        await found(text="x" * 201)


async def test_each_filter(desk: Town) -> None:
    road, park = desk.road_unit, desk.park_unit
    new = await filed("new", unit_id=road)
    mine = await filed("mine", unit_id=road)
    await assign(mine.id, desk.clerk.id)
    late = await filed("late", opened_at=LONG_AGO)
    offered = await filed("offered", unit_id=park)
    await hand_over(offered.id, road)
    await hand_over(new.id, park)
    closed = await filed("closed", opened_at=LONG_AGO)
    await move(closed.id, "reject", outcome="not_ours", note="x")
    await filed("issue", kind="park.issue")
    everything = {"new", "mine", "late", "offered", "closed", "issue"}
    assert await found() == everything
    assert await found(kinds=("park.issue",)) == {"issue"}
    assert await found(kinds=("park.issue", "desk.request")) == everything
    assert await found(kinds=("desk.unheard_of",)) == set()
    assert await found(statuses=("closed", "in_work")) == {"closed"}
    assert await found(outcome="not_ours") == {"closed"}
    assert await found(unit_id=road) == {"new", "mine"}
    assert await found(assignee_id=desk.clerk.id) == {"mine"}
    assert await found(assignee_id=desk.gardener.id) == set()
    assert await found(mine=True) == {"mine"}
    assert await found(offered=True) == {"offered"}
    assert await found(is_open=False) == {"closed"}
    assert await found(is_open=True) == everything - {"closed"}
    assert await found(overdue_at=now()) == {"late"}
    assert late.due_at is not None
    assert await found(overdue_at=late.due_at) == set()
    assert await found(opened_from=LONG_AGO, opened_before=LONG_AGO + timedelta(seconds=1)) == {"late", "closed"}
    assert await found(opened_before=LONG_AGO) == set()
    assert await found(text="late", mine=True) == set()
    assert await found(unit_id=road, mine=True, statuses=("new",), is_open=True) == {"mine"}


async def test_folders_count_what_the_lists_hold(town: Town) -> None:
    async with town.city.serving(as_=town.clerk):
        for _ in range(3):
            await assign((await filed(unit_id=town.road_unit)).id, town.clerk.id)
        done = await filed(unit_id=town.road_unit, opened_at=LONG_AGO)
        await assign(done.id, town.clerk.id)
        await move(done.id, "reject", outcome="not_ours", note="x")
        await filed(opened_at=LONG_AGO)
        await hand_over((await filed(unit_id=town.park_unit)).id, town.road_unit)
        await filed(kind="park.issue")
        counts = await folder_counts()
        assert counts.states == {
            ("desk.request", "new"): 5,
            ("desk.request", "closed"): 1,
            ("park.issue", "new"): 1,
        }
        for (kind, status), amount in counts.states.items():
            assert await count_cases(InboxFilter(kinds=(kind,), statuses=(status,))) == amount
        assert counts.overdue == await count_cases(InboxFilter(overdue_at=now())) == 1
        assert counts.mine == await count_cases(InboxFilter(mine=True, is_open=True)) == 3
        assert counts.offered == await count_cases(InboxFilter(offered=True)) == 1
    async with town.city.serving(as_=town.gardener):
        others = await folder_counts()
        assert (others.states, others.mine, others.offered) == (counts.states, 0, 0)
    async with town.city.serving():  # the platform itself has neither cases nor a unit
        assert (await folder_counts()).mine == (await folder_counts()).offered == 0
        assert await list_cases(InboxFilter(mine=True)) == await list_cases(InboxFilter(offered=True)) == []


async def test_pages_have_neither_gaps_nor_doubles_while_cases_arrive(desk: Town) -> None:
    # Three cases share each moment, so that a page may end between equals.
    old = [await filed(opened_at=LONG_AGO + timedelta(minutes=number // 3)) for number in range(20)]
    seen: list[CaseRecord] = []
    after = None
    while page := await list_cases(InboxFilter(opened_before=LONG_AGO + timedelta(days=1)), limit=3, after=after):
        seen += page
        after = Keyset(page[-1].opened_at, page[-1].id)
        await filed(opened_at=LONG_AGO + timedelta(minutes=30))  # newer than all of them
    assert [row.id for row in seen] == [
        row.id for row in sorted(old, key=lambda row: (row.opened_at, row.id), reverse=True)
    ]


async def test_page_sizes_are_bounded(desk: Town) -> None:
    for limit in (0, -1, 201):
        with refused("page_size_invalid", "limit"):
            await list_cases(InboxFilter(), limit=limit)


async def test_the_inbox_asks_for_a_permission(town: Town) -> None:
    async with town.city.serving():
        nobody = await person("core.case.comment")
    async with town.city.serving(as_=nobody):
        for read in (list_cases(InboxFilter()), count_cases(InboxFilter()), folder_counts()):
            with pytest.raises(Forbidden):
                await read
