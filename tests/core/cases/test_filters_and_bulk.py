"""Saved filters, and one verb over many cases."""

import asyncio
import json
import uuid

import pytest

from leancity.core.cases.bulk import BulkResult, bulk
from leancity.core.cases.filters import delete_filter, my_filters, rename_filter, save_filter
from leancity.core.cases.moves import move
from leancity.core.cases.reads import read_case
from leancity.core.errors import Forbidden, NotSignedIn, Refused
from tests.core.cases.town import Town, filed, person, refused


async def test_filters_are_ones_own(town: Town) -> None:
    async with town.city.serving(as_=town.clerk):
        late = await save_filter(" Просроченные ", {"overdue": True, "text": "a\0", "kinds": ["\ud800b"]})
        with refused("too_long", "wanted"):
            await save_filter("x", {"text": "x" * 20_000})
        mine = await save_filter("Мои", {"mine": True})
        with refused("case_filter_known", "name"):
            await save_filter("Мои", {})
        with refused("required", "name"):
            await save_filter(" ", {})
        with refused("too_long", "name"):
            await save_filter("x" * 201, {})
        assert [row.name for row in await my_filters()] == ["Мои", "Просроченные"]
        assert [json.loads(row.filter) for row in await my_filters()] == [
            {"mine": True},
            {"overdue": True, "text": "a", "kinds": ["b"]},
        ]
        with refused("case_filter_known", "name"):
            await rename_filter(mine.id, "Просроченные")
        assert (await rename_filter(mine.id, "Мои")).name == "Мои"
        await rename_filter(mine.id, "Мои дела")
    async with town.city.serving(as_=town.gardener):
        assert await my_filters() == []
        await save_filter("Мои дела", {})
        for verb in (rename_filter(late.id, "x"), delete_filter(late.id)):
            with refused("not_found", "filter_id"):
                await verb
    async with town.city.serving(as_=town.clerk):
        await delete_filter(late.id)
        with refused("not_found", "filter_id"):
            await delete_filter(late.id)
        assert [row.name for row in await my_filters()] == ["Мои дела"]
    async with town.city.serving(as_stranger=True):
        with pytest.raises(NotSignedIn):
            await my_filters()
    async with town.city.serving():
        with pytest.raises(NotSignedIn):
            await save_filter("x", {})
        nobody = await person("core.case.comment")
    async with town.city.serving(as_=nobody):
        with pytest.raises(Forbidden):
            await my_filters()


async def test_two_renamings_at_once_take_a_name_once(desk: Town) -> None:
    one, other = await save_filter("a", {}), await save_filter("b", {})
    results = await asyncio.gather(rename_filter(one.id, "c"), rename_filter(other.id, "c"), return_exceptions=True)
    assert sum(isinstance(result, Refused) for result in results) == 1


async def test_each_of_a_bulk_stands_alone(desk: Town) -> None:
    cases = [await filed() for _ in range(3)]
    await move(cases[1].id, "take")
    nothing = uuid.uuid4()
    ids = [cases[0].id, cases[1].id, nothing, cases[0].id, cases[2].id]
    results = await bulk(ids, lambda case_id: move(case_id, "take"))
    assert [result.id for result in results] == [cases[0].id, cases[1].id, nothing, cases[2].id]
    assert [result.is_ok for result in results] == [True, False, False, True]
    assert [problem.code for result in results for problem in result.problems] == [
        "case_transition_unavailable",
        "not_found",
    ]
    assert [(await read_case(case.id)).status for case in cases] == ["in_work"] * 3


async def test_whatever_fails_in_a_bulk_stops_nothing(town: Town) -> None:
    async with town.city.serving(as_=town.clerk):
        cases = [await filed() for _ in range(2)]

        async def broken(case_id: uuid.UUID) -> None:
            await move(case_id, "take")
            raise ZeroDivisionError

        assert [result.problems[0].code for result in await bulk([case.id for case in cases], broken)] == [
            "internal"
        ] * 2
        reader = await person("core.case.read")
    async with town.city.serving(as_=reader):
        (result,) = await bulk([cases[0].id], lambda case_id: move(case_id, "take"))
        assert result.problems[0].code == "forbidden"
    async with town.city.serving(as_stranger=True):
        (result,) = await bulk([cases[0].id], lambda case_id: move(case_id, "take"))
        assert result.problems[0].code == "not_signed_in"


async def test_a_bulk_is_bounded(desk: Town) -> None:
    async def nothing(_: uuid.UUID) -> None: ...

    with refused("case_bulk_too_many", "ids"):
        await bulk([uuid.uuid4()] * 501, nothing)
    assert await bulk([], nothing) == []
    one = uuid.uuid4()
    assert await bulk([one] * 500, nothing) == [BulkResult(id=one)]
