"""The audit log over GraphQL: who did what, who looked at this; newest first, filtered, in pages."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from leancity.core.audit import desk
from leancity.core.audit.log import note_refused, record
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import Kind, Principal, acting_as
from leancity.core.identity.scopes import everywhere
from leancity.core.identity.tables import OperatorAccess, RoleRow
from leancity.core.moment import now
from leancity.core.tenancy.context import enter
from leancity.core.testing.city import City, TestUser
from leancity.modules.city_problems.demo import load_categories
from leancity.modules.city_problems.reading import reporter_of
from tests.graphql.kernel.conftest import Office

LOG = """
query ($filter: AuditFilterInput, $first: Int, $after: String) {
  auditLog(filter: $filter, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node {
      at actorKind actorId actor { name } operator action outcome subject subjectId repeats requestId data } } } }
"""


async def log(city: City, auditor: TestUser, *, first: int = 100, after: str | None = None, **filter_: Any) -> Any:
    """Return a page of the log."""
    variables = {"filter": filter_, "first": first, "after": after}
    return (await city.data(LOG, variables, as_=auditor))["auditLog"]


def nodes(page: Any) -> list[dict[str, Any]]:
    return [edge["node"] for edge in page["edges"]]


async def test_who_looked_at_this_also_the_operator(office: Office) -> None:
    city, auditor = office.city, await office.city.user("core.audit.read")
    reporting = """mutation { cityProblemsReport(input: {point: {lat: 46.9, lon: 142.7}, category: "pothole",
      text: "A hole", reporterName: "Ирина"}) { report { id } errors { code } } }"""
    clerk = await city.user(roles=["city_problems.clerk"])
    async with city.serving():
        await load_categories()
    case = (await city.data(reporting, as_=await city.user()))["cityProblemsReport"]["report"]["id"]
    looking = f'{{ cityProblems {{ report(id: "{case}") {{ reporter {{ name }} }} }} }}'
    await city.data(looking, as_=clerk)
    access = await _operators_access(city)
    operator = Principal(
        kind=Kind.OPERATOR,
        access_id=access,
        grants=everywhere(["core.case.read", "city_problems.reporter.read"]),
        locale="en",
    )
    with enter(city.tenant), acting_as(operator):
        async with desk.passage():
            await reporter_of(case)
    page = await log(city, auditor, subjectId=case, outcome="READ")
    assert page["totalCount"] == 2
    theirs, ours = nodes(page)
    assert (theirs["actorKind"], theirs["actorId"], theirs["operator"]) == ("OPERATOR", str(access), "ops@platform")
    assert theirs["actor"] is None
    assert (ours["actorKind"], ours["actorId"], ours["operator"]) == ("TOKEN", str(clerk.id), None)
    assert ours["actor"] == {"name": clerk.principal.name}
    assert {each["action"] for each in (theirs, ours)} == {"city_problems.reporter.read"}
    assert await log(city, auditor, subjectId=case, outcome="READ") == page, "reading the log is no reading of the case"


async def _operators_access(city: City) -> Any:
    async with city.serving(), tenant_tx(write=True):
        role = await RoleRow.objects().where(RoleRow.key == "core.operator").first()
        assert role is not None
        access = OperatorAccess(operator="ops@platform", reason="x", role_id=role.id, hours=1, asked_at=now())
        await access.save()
        return access.id


async def test_the_log_is_filtered(office: Office) -> None:
    city, auditor = office.city, await office.city.user("core.audit.read")
    begun = now()
    async with city.serving(as_=office.dispatcher):
        await record("core.test.done", "case", office.dispatcher.id, number=1)
        note_refused("core.test.tried")
    done = nodes(await log(city, auditor, actionPrefix="core.test.", outcome="DONE"))
    assert [(each["action"], each["data"], each["subject"]) for each in done] == [
        ("core.test.done", {"number": 1}, "case")
    ]
    since: dict[str, Any] = {"from": begun.isoformat()}
    both = nodes(await log(city, auditor, actorId=str(office.dispatcher.id), **since))
    assert {each["action"] for each in both} == {"core.test.done", "core.test.tried"}
    assert {each["outcome"] for each in both} == {"DONE", "REFUSED"}
    earlier = await log(city, auditor, before=begun.isoformat(), actionPrefix="core.test")
    assert (earlier["totalCount"], earlier["edges"]) == (0, [])
    later = await log(city, auditor, **{**since, "from": (now() + timedelta(hours=1)).isoformat()})
    assert later["totalCount"] == 0
    assert (await log(city, auditor, actionPrefix="%"))["totalCount"] == 0, "a prefix is no pattern"
    assert (await log(city, auditor, actionPrefix="core.\0test."))["totalCount"] == 2


async def test_pages_follow_each_other_also_within_a_moment(office: Office) -> None:
    city, auditor = office.city, await office.city.user("core.audit.read")
    async with city.serving(), tenant_tx(write=True) as unit:
        await asyncio.sleep(0)
        for number in range(7):
            await record("core.test.paged", "case", number=number)
        count = "select count(*) from audit_event where tenant_id = $1 and action = 'core.test.paged'"
        assert await unit.connection.fetchval(count, city.tenant.id) == 7
    seen: list[int] = []
    after = None
    while True:
        page = await log(city, auditor, first=3, after=after, actionPrefix="core.test.paged")
        seen += [node["data"]["number"] for node in nodes(page)]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == [6, 5, 4, 3, 2, 1, 0]


@pytest.mark.parametrize("permissions", [(), ("core.case.read",)])
async def test_who_may_not_read_the_log_does_not(office: Office, permissions: tuple[str, ...]) -> None:
    user = await office.city.user(*permissions)
    answer = await office.city.graphql(LOG, {"filter": {}}, as_=user)
    assert answer["data"] == {"auditLog": None}
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_right_that_reaches_a_part_of_the_city_opens_nothing(office: Office) -> None:
    user = await office.city.user("core.audit.read@unit", unit_id=office.dispatcher.principal.unit_id)
    answer = await office.city.graphql(LOG, {"filter": {}}, as_=user)
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_another_citys_log_is_another(office: Office, another_city: City) -> None:
    auditor = await another_city.user("core.audit.read")
    async with office.city.serving():
        await record("core.test.ours", "case")
    assert (await log(another_city, auditor, actionPrefix="core.test.ours"))["totalCount"] == 0
