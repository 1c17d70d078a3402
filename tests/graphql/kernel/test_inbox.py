"""The inbox: what lies where, what is found, what is kept for later, what is done to many."""

from __future__ import annotations

import uuid
from typing import Any

from tests.graphql.kernel.conftest import REPORT, TRIAGE, Office

INBOX = """query ($filter: InboxFilterInput, $first: Int, $after: String) {
  inbox(filter: $filter, first: $first, after: $after) { totalCount
    edges { node { id number } } pageInfo { hasNextPage endCursor } } }"""
COUNTS = "{ inboxCounts { overdue mine offered folders { kind { key title } status statusTitle cases } } }"


async def numbers(office: Office, as_: Any = None, **wanted: Any) -> list[str]:
    """Return the numbers of the cases that a filter finds."""
    page = await office.ask(INBOX, as_=as_, filter=wanted)
    found = [edge["node"]["number"] for edge in page["edges"]]
    assert page["totalCount"] == len(found)
    return found


async def test_newest_first_page_by_page(office: Office) -> None:
    cases = [await office.filed() for _ in range(5)]
    pages: list[list[str]] = []
    after, goes_on = None, True
    while goes_on:
        page = await office.ask(INBOX, first=2, after=after)
        assert page["totalCount"] == 5 + bool(pages)
        if not pages:  # what is done meanwhile moves nothing of what is being read
            await office.filed()
            await office.done(f'caseMove(caseId: "{cases[2]["id"]}", transition: "sort")')
        pages.append([edge["node"]["id"] for edge in page["edges"]])
        after, goes_on = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    newest_first = [case["id"] for case in reversed(cases)]
    assert pages == [newest_first[:2], newest_first[2:4], newest_first[4:]]


async def test_filtered(office: Office) -> None:
    mine = await office.filed("Во дворе глубокие ямы", unit=office.roads)
    offered = await office.filed("Упало дерево", unit=office.roads)
    closed = await office.filed("Fallen trees")
    await office.done(f'caseAssign(caseId: "{mine["id"]}", userId: "{office.dispatcher.id}")')
    await office.done(f'caseHandOver(caseId: "{offered["id"]}", receiverId: "{office.parks}")')
    await office.refused(closed["id"])
    wanted: list[tuple[dict[str, Any], list[dict[str, str]]]] = [
        ({}, [closed, offered, mine]),
        ({"text": "яма"}, [mine]),
        ({"text": "деревья"}, [offered]),
        ({"text": "tree"}, [closed]),
        ({"text": "\0"}, [closed, offered, mine]),
        ({"text": mine["number"]}, [mine]),
        ({"number": mine["number"].lower()}, [mine]),
        ({"number": "\0"}, []),
        ({"kinds": [REPORT]}, [closed, offered, mine]),
        ({"kinds": ["dragons.nest"]}, []),
        ({"statuses": ["closed"]}, [closed]),
        ({"statuses": ["reported", "closed"], "isOpen": True}, [offered, mine]),
        ({"outcome": "not_ours"}, [closed]),
        ({"outcome": "fixed"}, []),
        ({"isOpen": False}, [closed]),
        ({"unitId": office.roads}, [offered, mine]),
        ({"assigneeId": str(office.dispatcher.id)}, [mine]),
        ({"mine": True}, [mine]),
        ({"offered": True}, []),
        ({"overdue": True}, []),
        ({"openedFrom": "2020-01-01T00:00:00Z"}, [closed, offered, mine]),
        ({"openedBefore": "2020-01-01T00:00:00Z"}, []),
    ]
    for filter_, cases in wanted:
        assert await numbers(office, **filter_) == [case["number"] for case in cases], filter_
    assert await numbers(office, as_=office.gardener, offered=True) == [offered["number"]]
    assert await numbers(office, as_=office.gardener, mine=True) == []


async def test_counted_by_folder(office: Office) -> None:
    first, second, third = [await office.filed(unit=office.roads) for _ in range(3)]
    await office.done(f'caseMove(caseId: "{first["id"]}", transition: "sort")')
    await office.done(f'caseAssign(caseId: "{second["id"]}", userId: "{office.dispatcher.id}")')
    await office.done(f'caseHandOver(caseId: "{third["id"]}", receiverId: "{office.parks}")')
    counts = await office.ask(COUNTS)
    assert {folder["kind"]["title"] for folder in counts["folders"]} == {"Городская проблема", "Процесс"}
    ours = [folder for folder in counts["folders"] if folder["kind"]["title"] != "Процесс"]
    assert [(folder["status"], folder["statusTitle"], folder["cases"]) for folder in ours] == [
        ("reported", "Поступило", 2),
        ("sorted", "Разобрано", 1),
        ("sent", "Направлено исполнителю", 0),
        ("in_work", "В работе", 0),
        ("forwarding", "Передаётся в другой орган", 0),
        ("closed", "Закрыто", 0),
    ]
    assert (counts["overdue"], counts["mine"], counts["offered"]) == (0, 1, 0)
    theirs = await office.ask(COUNTS, as_=office.gardener)
    assert (theirs["mine"], theirs["offered"]) == (0, 1)
    kinds = await office.ask("{ caseKinds { key title states { key } } }")
    assert [kind["key"] for kind in kinds] == [REPORT, "core.process"]


SAVE = """mutation ($name: String!, $filter: InboxFilterInput!) { caseFilterSave(name: $name, filter: $filter) {
  errors { field code } filter { id name filter } } }"""
SAVED = "{ caseFilters { id name filter } }"


async def test_a_saved_filter_comes_back_as_it_was(office: Office) -> None:
    case = await office.filed("Во дворе яма", unit=office.roads)
    await office.filed("Упало дерево")
    wanted = {
        "kinds": [REPORT],
        "statuses": ["reported"],
        "unitId": office.roads,
        "isOpen": True,
        "openedFrom": "2020-01-01T00:00:00Z",
        "text": "ямы",
    }
    saved = (await office.ask(SAVE, name="Ямы", filter=wanted))["filter"]
    assert (saved["name"], saved["filter"]) == ("Ямы", wanted)
    again = await office.ask(SAVE, name="Ямы", filter={})
    assert again == {"errors": [{"field": "name", "code": "case_filter_known"}], "filter": None}
    (kept,) = await office.ask(SAVED)
    assert kept == saved
    assert await numbers(office, **kept["filter"]) == [case["number"]]
    await office.ask(SAVE, name="Закрытые", filter={"isOpen": False, "mine": False, "kinds": None})
    assert [(each["name"], each["filter"]) for each in await office.ask(SAVED)] == [
        ("Закрытые", {"isOpen": False}),
        ("Ямы", wanted),
    ]

    payload = "{ errors { field code } filter { id name filter } }"
    renaming = f'mutation {{ caseFilterRename(filterId: "{saved["id"]}", name: "Дыры") {payload} }}'
    assert (await office.ask(renaming))["filter"] == {**saved, "name": "Дыры"}
    deleting = f'mutation {{ caseFilterDelete(filterId: "{saved["id"]}") {{ errors {{ field code }} filterId }} }}'
    foreign = await office.ask(deleting, as_=office.gardener)
    assert foreign == {"errors": [{"field": "filterId", "code": "not_found"}], "filterId": None}
    assert await office.ask(deleting) == {"errors": [], "filterId": saved["id"]}
    assert [each["name"] for each in await office.ask(SAVED)] == ["Закрытые"]
    assert await office.ask(SAVED, as_=office.gardener) == []


async def test_done_to_many_each_with_its_own_result(office: Office) -> None:
    good, closed, other, fresh = [(await office.filed(unit=office.roads))["id"] for _ in range(4)]
    await office.refused(closed)
    unknown = str(uuid.uuid4())
    results = "{ errors { code } results { id errors { field code message } case { id status assignee { id } } } }"

    async def bulk(verb: str, ids: list[str]) -> list[tuple[str, list[str]]]:
        query = f"mutation ($ids: [UUID!]!) {{ {verb} {results} }}"
        payload = await office.ask(query, ids=ids)
        assert payload["errors"] == []
        assert [result["id"] for result in payload["results"]] == list(dict.fromkeys(ids))
        for result in payload["results"]:
            assert result["case"] is None if result["id"] == unknown else result["case"]["id"] == result["id"]
        return [(result["id"], [error["code"] for error in result["errors"]]) for result in payload["results"]]

    ids = [good, unknown, closed, other, good]
    outcome = [(good, []), (unknown, ["not_found"]), (closed, ["case_closed"]), (other, [])]
    assert await bulk(f'caseBulkAssign(ids: $ids, userId: "{office.dispatcher.id}")', ids) == outcome
    assert (await office.case(other, "assignee { id }"))["assignee"] == {"id": str(office.dispatcher.id)}
    assert await bulk(f'caseBulkHandOver(ids: $ids, receiverId: "{office.parks}")', ids) == outcome
    moved = await bulk('caseBulkMove(ids: $ids, transition: "sort")', ids)
    assert moved == [*outcome[:2], (closed, ["case_transition_unavailable"]), (other, [])]
    assert (await office.case(good, "status"))["status"] == "sorted"
    by_module = await bulk('caseBulkMove(ids: $ids, transition: "refuse", outcome: "not_ours", note: "x")', [good])
    assert by_module == [(good, ["case_move_by_mutation"])]

    reader = await office.city.user("core.case.read")
    query = f'mutation {{ caseBulkMove(ids: ["{fresh}"], transition: "sort") {results} }}'
    payload = await office.ask(query, as_=reader)
    assert [error["code"] for error in payload["results"][0]["errors"]] == ["forbidden"]
    sorter = await office.city.user("core.case.read", TRIAGE)
    assert (await office.ask(query, as_=sorter))["results"][0]["case"]["status"] == "sorted"
    many = [str(uuid.uuid4()) for _ in range(501)]
    payload = await office.ask(f"mutation ($ids: [UUID!]!) {{ caseBulkAssign(ids: $ids) {results} }}", ids=many)
    assert payload == {"errors": [{"code": "case_bulk_too_many"}], "results": None}
