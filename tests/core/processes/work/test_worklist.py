"""Lists of work: filters, order, pages, counts."""

from __future__ import annotations

from typing import Any

from tests.core.processes.publishing import publish
from tests.core.processes.work.conftest import FORM, PERMIT, Office

DUE = PERMIT.replace(
    b'<lean:form key="check"/>', b'<lean:form key="check"/><lean:term amount="2" unit="working_days"/>'
)
PAGE = """query ($first: Int, $after: String, $order: WorkItemOrder! = AVAILABLE, $filter: WorkItemFilterInput) {
  workItems(first: $first, after: $after, order: $order, filter: $filter) {
    totalCount pageInfo { hasNextPage endCursor } edges { node { id processKey dueAt } } } }"""
COUNTS = "{ workItemCounts { waiting taken overdue suspended } }"


async def page(office: Office, **asked: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await office.city.data(PAGE, asked, as_=office.clerk))["workItems"]
    return found


async def test_pages_go_on_where_they_ended(office: Office) -> None:
    for _ in range(3):
        await office.begin()
    whole = await page(office)
    assert whole["totalCount"] == 3
    first = await page(office, first=2)
    rest = await page(office, first=2, after=first["pageInfo"]["endCursor"])
    assert [*first["edges"], *rest["edges"]] == whole["edges"] and not rest["pageInfo"]["hasNextPage"]


async def test_what_is_due_first_comes_first_and_what_is_never_due_last(office: Office) -> None:
    await office.begin()
    await publish(office.city, DUE, "urgent", lanes={"Clerks": {"unit_id": office.roads}}, forms={"check": FORM})
    await office.begin(key="urgent")
    by_due = await page(office, order="DUE")
    assert [edge["node"]["processKey"] for edge in by_due["edges"]] == ["urgent", "permits"]
    first = await page(office, order="DUE", first=1)
    rest = await page(office, order="DUE", first=5, after=first["pageInfo"]["endCursor"])
    assert [edge["node"]["processKey"] for edge in rest["edges"]] == ["permits"]


async def test_filters_narrow(office: Office) -> None:
    await office.begin()
    await publish(office.city, DUE, "urgent", lanes={"Clerks": {"unit_id": office.roads}}, forms={"check": FORM})
    await office.begin(key="urgent")
    late = "update work_item set due_at = now() - interval '1 day' where tenant_id = $1 and due_at is not null"
    await office.city.rows(late)
    for filter, amount in (
        ({"process": "urgent"}, 1),
        ({"process": "other"}, 0),
        ({"process": "\0", "lane": "\0", "text": "\0"}, 0),
        ({"lane": "Clerks"}, 2),
        ({"lane": "Signers"}, 0),
        ({"overdue": True}, 1),
        ({"dueBefore": "2000-01-01T00:00:00Z"}, 0),
        ({"text": "TRENCH"}, 2),
        ({"text": "papers"}, 2),
        ({"text": "%"}, 0),
        ({"taken": True}, 0),
        ({"states": ["DONE"]}, 0),
        ({"unitId": str(office.roads)}, 2),
        ({"unitId": str(office.parks)}, 0),
        ({"assigneeId": str(office.clerk.id)}, 0),
    ):
        found = await page(office, filter=filter)
        assert (len(found["edges"]), found["totalCount"]) == (amount, amount), filter
    counts = await office.city.data(COUNTS, as_=office.clerk)
    assert counts["workItemCounts"] == {"waiting": 2, "taken": 0, "overdue": 1, "suspended": 0}


async def test_the_head_sees_what_lies_with_the_unit(office: Office) -> None:
    await office.begin()
    (item,) = await office.items(office.clerk)
    await office.do("Claim", item, office.clerk)
    query = "{ workItemsOfUnits { totalCount edges { node { id assignee { id } } } } }"
    (edge,) = (await office.city.data(query, as_=office.head))["workItemsOfUnits"]["edges"]
    assert edge["node"] == {"id": item["id"], "assignee": {"id": str(office.clerk.id)}}
    elsewhere = await office.city.user("core.task.work@unit", "core.task.assign@unit", unit_id=office.parks)
    assert (await office.city.data(query, as_=elsewhere))["workItemsOfUnits"] == {"totalCount": 0, "edges": []}
