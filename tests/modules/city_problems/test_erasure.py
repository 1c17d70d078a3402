"""What a person did about reports goes with them: places, support, words of marks, votes."""

from __future__ import annotations

from leancity.core.db.unit import tenant_tx
from leancity.core.plugins.contributions import Erased, ErasedPerson
from leancity.core.plugins.manager import Modules
from tests.graphql.kernel.notifications.desk import account
from tests.modules.city_problems.conftest import Town
from tests.modules.city_problems.test_answering import closed
from tests.modules.city_problems.test_following import follow, reported, watch
from tests.modules.city_problems.test_polls import published, vote


async def test_what_an_account_did_is_forgotten_and_the_neighbours_stays(town: Town, modules: Modules) -> None:
    person, other = await account(town.city, kind="resident"), await account(town.city, kind="resident")
    case, poll = await reported(town), await published(town)
    for each in (person, other):
        own = await closed(town, each)
        assert await follow(town, own, each, verb="Confirm") == []
        await town.city.rows("update city_problems_mark set comment = 'Ann' where tenant_id = $1 returning 1")
        assert (await watch(town, each))["errors"] == []
        assert await follow(town, case, each, verb="Join") == []
        assert await vote(town, each, poll, "1") == []
    gone = ErasedPerson(person_id=person.id, email="", phone="")
    async with town.city.serving():
        async with tenant_tx(write=True):
            first = await modules.oblige("person_erased", "city_problems", person=gone)
        async with tenant_tx(write=True):
            again = await modules.oblige("person_erased", "city_problems", person=gone)
    assert (first, again) == (Erased(erased=4), Erased(erased=0))
    for table in ("watch", "supporter", "poll_vote"):
        rows = await town.city.rows(f"select user_id from city_problems_{table} where tenant_id = $1")
        assert [row["user_id"] for row in rows] == [other.id], table
    marks = await town.city.rows("select user_id, comment from city_problems_mark where tenant_id = $1 order by at")
    assert [(row["user_id"], row["comment"]) for row in marks] == [(None, ""), (other.id, "Ann")]
    counted = await town.city.rows(
        "select supporters from city_problems_report where tenant_id = $1 and case_id = $2", case
    )
    assert counted[0]["supporters"] == 1
