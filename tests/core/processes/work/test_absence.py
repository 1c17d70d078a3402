"""Who is away, who stands in, and what the substitute may do."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from leancity.core.clock.instants import local_day
from leancity.core.moment import now
from leancity.core.testing.city import TestUser
from tests.core.processes.work.conftest import Office, codes

LIST = "{ absences { totalCount edges { node { id fromOn untilOn reason user { id } substitute { id } } } } }"


def today(office: Office) -> date:
    """Return the day it is in the office's city."""
    return local_day(now(), office.city.tenant.zone_info)


def days(office: Office, first: int, last: int, substitute: TestUser | None = None, **more: Any) -> dict[str, Any]:
    """Return an input of an absence, in days from today."""
    here = today(office)
    found = {"fromOn": str(here + timedelta(days=first)), "untilOn": str(here + timedelta(days=last)), **more}
    return found if substitute is None else {**found, "substituteId": str(substitute.id)}


async def add(office: Office, as_: TestUser, input: dict[str, Any], of: TestUser | None = None) -> Any:
    text = (
        "mutation ($input: AbsenceInput!, $of: UUID) { absenceAdd(input: $input, userId: $of)"
        " { errors { field code } absenceId } }"
    )
    variables = {"input": input, "of": None if of is None else str(of.id)}
    return (await office.city.data(text, variables, as_=as_))["absenceAdd"]


async def listed(office: Office, as_: TestUser) -> list[dict[str, Any]]:
    data = await office.city.data(LIST, as_=as_)
    assert data["absences"]["totalCount"] == len(data["absences"]["edges"])
    return [edge["node"] for edge in data["absences"]["edges"]]


async def test_a_substitute_does_the_work_of_who_is_away(office: Office) -> None:
    await office.begin()
    (item,) = await office.items(office.clerk)
    await office.do("Claim", item, office.clerk)
    assert await office.items(office.gardener) == []
    added = await add(office, office.clerk, days(office, 0, 3, office.gardener, reason="Leave"))
    assert added["errors"] == []
    (seen,) = await office.items(office.gardener, "{taken: true}")
    assert seen["assignee"]["id"] == str(office.clerk.id)
    done = await office.do("Complete", item, office.gardener, facts={"depth": 1})
    assert done["errors"] == []
    (signature,) = await office.items(office.gardener)
    assert signature["title"] == "Sign the permit", "what the absent clerk fits, the substitute fits"
    events = await office.city.rows(
        "select data from process_event where tenant_id = $1 and user_id = $2 and transition = 'start'",
        office.gardener.id,
    )
    assert [json.loads(row["data"]) for row in events] == [{"in_place_of": str(office.clerk.id)}]


async def test_whom_the_absent_person_stood_in_for_does_not_come_along(office: Office) -> None:
    await office.begin()
    outsider = await office.city.user("core.task.work@unit", "core.unit.read", unit_id=office.parks)
    await add(office, office.gardener, days(office, 0, 0, outsider))
    await add(office, office.clerk, days(office, 0, 0))
    assert codes(await add(office, office.colleague, days(office, 0, 1, office.gardener))) == [
        "absence_substitute_away"
    ]
    assert await office.items(outsider) == []


async def test_an_absence_that_is_to_come_or_is_over_opens_nothing(office: Office) -> None:
    await office.begin()
    await add(office, office.clerk, days(office, 1, 3, office.gardener))
    assert await office.items(office.gardener) == []
    (absence,) = await listed(office, office.gardener)
    removed = f'mutation {{ absenceRemove(absenceId: "{absence["id"]}") {{ errors {{ code }} }} }}'
    assert codes((await office.city.data(removed, as_=office.gardener))["absenceRemove"]) == ["not_found"]
    assert codes((await office.city.data(removed, as_=office.clerk))["absenceRemove"]) == []
    assert await listed(office, office.clerk) == []


async def test_what_does_not_fit_is_refused(office: Office) -> None:
    assert (await add(office, office.clerk, days(office, 0, 3, reason="Leave")))["errors"] == []
    for input, code in (
        (days(office, 3, 5), "absence_overlaps"),
        (days(office, 6, 5), "absence_backwards"),
        (days(office, -9, -8), "moment_past"),
        (days(office, 10, 500), "absence_long"),
        (days(office, 10, 11, office.clerk), "absence_substitute_self"),
    ):
        assert codes(await add(office, office.clerk, input)) == [code]
    assert (await add(office, office.clerk, days(office, 4, 5)))["errors"] == [], "the day after is free"
    resident = {**days(office, 10, 11), "substituteId": str(office.roads)}
    assert codes(await add(office, office.clerk, resident)) == ["not_found"]


async def test_others_absences_are_for_who_assigns_their_work(office: Office) -> None:
    input = days(office, 0, 3, office.colleague, reason="Illness")
    assert codes(await add(office, office.colleague, input, of=office.clerk)) == ["not_found"]
    assert codes(await add(office, office.head, input, of=office.gardener)) == ["not_found"]
    assert (await add(office, office.head, input, of=office.clerk))["errors"] == []
    assert [each["reason"] for each in await listed(office, office.clerk)] == ["Illness"]
    assert [each["reason"] for each in await listed(office, office.head)] == ["Illness"]
    assert [each["reason"] for each in await listed(office, office.colleague)] == [""], "a substitute need not know why"
    assert await listed(office, office.gardener) == []
    (absence,) = await listed(office, office.clerk)
    change = (
        "mutation ($id: UUID!, $input: AbsenceInput!)"
        " { absenceChange(absenceId: $id, input: $input) { errors { code } } }"
    )
    variables = {"id": absence["id"], "input": days(office, 0, 9)}
    assert codes((await office.city.data(change, variables, as_=office.colleague))["absenceChange"]) == ["not_found"]
    assert codes((await office.city.data(change, variables, as_=office.head))["absenceChange"]) == []
    (changed,) = await listed(office, office.clerk)
    assert (changed["untilOn"], changed["substitute"]) == (str(today(office) + timedelta(days=9)), None)
