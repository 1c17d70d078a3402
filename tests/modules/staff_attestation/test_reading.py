"""Who reads cases about attestations: by the module's own permission, and by no other, whatever door they come to."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from leancity.core.cases.handover import hand_over
from leancity.core.cases.tables import CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.permissions import KERNEL_PERMISSIONS
from leancity.core.identity.units import create_unit
from leancity.core.testing.city import TestUser
from tests.core.files.made import pdf
from tests.graphql.kernel.watching import refusal, watching
from tests.modules.staff_attestation.conftest import REVIEW, Town

READ = "staff_attestation.case.read"
INBOX = """query ($text: String!) { inbox { totalCount edges { node { id } } }
  found: inbox(filter: {text: $text}) { totalCount } inboxCounts { folders { cases } overdue } }"""
CASE = "query ($id: UUID!) { case(id: $id) { number timeline { edges { node { kind } } } files { id } } }"
WORK = "{ workItemsOfUnits { totalCount edges { node { title caseNumber } } } }"
RUNNING = """query ($id: UUID!) { processInstance(id: $id) { status caseId outcome case { number } }
  processInstances(status: RUNNING) { edges { node { caseId } } } }"""
ONE_BY_ONE = """query ($id: UUID!) { processFigures(cut: { processId: $id }) { closed }
  processCases(cut: { processId: $id }) { totalCount } }"""
SEEN = "subscription ($id: UUID!) { caseChanged(id: $id) { isResync case { id } } }"


class Doors:
    """Somebody at every door to the one attestation of a town."""

    def __init__(self, town: Town, who: TestUser, case_id: uuid.UUID, file_id: str) -> None:
        self.town, self.city, self.who, self.case_id, self.file_id = town, town.city, who, str(case_id), file_id

    async def inbox(self) -> tuple[int, int, int]:
        """Return how many cases the inbox lists, finds by the case's title, and counts in its folders."""
        data = await self.city.data(INBOX, {"text": "аттестация"}, as_=self.who)
        folders = sum(each["cases"] for each in data["inboxCounts"]["folders"])
        return data["inbox"]["totalCount"], data["found"]["totalCount"], folders

    async def case(self) -> Any:
        answer = await self.city.graphql(CASE, {"id": self.case_id}, as_=self.who)
        return answer["data"]["case"]

    async def file(self) -> int:
        return (await self.city.request("GET", f"/files/{self.file_id}", as_=self.who)).status_code

    async def verb(self, asked: str) -> list[str]:
        query = f"mutation {{ answer: {asked} {{ errors {{ code }} }} }}"
        data = await self.city.data(query, as_=self.who)
        return [each["code"] for each in data["answer"]["errors"]]

    async def instance(self) -> Any:
        (row,) = await self.city.rows(
            "select id from process_instance where tenant_id = $1 and case_id = $2", uuid.UUID(self.case_id)
        )
        return await self.city.graphql(RUNNING, {"id": str(row["id"])}, as_=self.who)

    async def process(self) -> str:
        found = "select id from process where tenant_id = $1 and key = 'staff_attestation.attestation'"
        return str((await self.city.rows(found))[0]["id"])


@pytest.fixture
def everything() -> tuple[str, ...]:
    """Return what a dispatcher, an analyst and an owner of processes may do, all over the city."""
    return (*KERNEL_PERMISSIONS,)


async def opened(town: Town, who: TestUser) -> Doors:
    case_id = await town.attest()
    writer = await town.city.user(READ, "core.case.comment", "core.case.read@own")
    sent = {"file": ("reference.pdf", pdf(), "application/pdf")}
    file_id = (await town.city.request("POST", "/files", as_=writer, files=sent)).json()["id"]
    # «Public» of a kind apart: for who may read the case, and not for the whole town.
    attach = f'mutation {{ a: caseAttach(caseId: "{case_id}", fileId: "{file_id}", visibility: PUBLIC)'
    assert (await town.city.data(attach + " { errors { code } } }", as_=writer))["a"]["errors"] == []
    return Doors(town, who, case_id, file_id)


async def test_who_reads_all_cases_of_the_city_sees_none_of_it(town: Town, everything: tuple[str, ...]) -> None:
    clerk = await town.city.user(*everything)
    doors = await opened(town, clerk)
    assert await doors.inbox() == (0, 0, 0)
    assert await doors.case() is None
    assert await doors.file() == 404
    case = f'caseId: "{doors.case_id}"'
    for verb in (
        f'caseComment({case}, body: "x")',
        f'caseAssign({case}, userId: "{clerk.id}")',
        f'casePause({case}, reason: "x")',
        f'caseRelate({case}, otherId: "{uuid.uuid4()}", kind: RELATED)',
    ):
        assert await doors.verb(verb) == ["not_found"], verb
    work = (await town.city.data(WORK, as_=clerk))["workItemsOfUnits"]
    assert work == {"totalCount": 0, "edges": []}, "who assigns tasks does not learn of whom they are"
    told = (await doors.instance())["data"]
    assert told["processInstance"] == {"status": "RUNNING", "caseId": None, "outcome": None, "case": None}
    assert [edge["node"]["caseId"] for edge in told["processInstances"]["edges"]] == [None]
    process = await doors.process()
    answer = await town.city.graphql(ONE_BY_ONE, {"id": process}, as_=clerk)
    assert answer["data"]["processFigures"] == {"closed": 0} and answer["data"]["processCases"] is None
    assert [each["extensions"]["code"] for each in answer["errors"]] == ["FORBIDDEN"]
    for file in ("log.xes", "cases.csv", "steps.csv"):
        sent = await town.city.request("GET", f"/processes/{process}/{file}", as_=clerk)
        assert sent.status_code == 403, file
    async with town.city.socket(clerk) as socket:
        assert await refusal(socket, SEEN, id=doors.case_id) == "NOT_FOUND"


async def test_the_modules_permission_opens_it_as_far_as_it_reaches(town: Town, everything: tuple[str, ...]) -> None:
    reader = await town.city.user(*everything, READ)
    doors = await opened(town, reader)
    assert await doors.inbox() == (2, 1, 2), "the schedule and the attestation"
    found = await doors.case()
    assert found["number"].startswith("AT-") and [each["id"] for each in found["files"]] == [doors.file_id]
    assert await doors.file() == 200
    assert await doors.verb(f'caseComment(caseId: "{doors.case_id}", body: "x")') == []
    (edge,) = (await town.city.data(WORK, as_=reader))["workItemsOfUnits"]["edges"]
    assert edge["node"] == {"title": REVIEW, "caseNumber": found["number"]}
    assert (await doors.instance())["data"]["processInstance"]["case"] == {"number": found["number"]}
    process = await doors.process()
    assert "errors" not in await town.city.graphql(ONE_BY_ONE, {"id": process}, as_=reader)
    assert (await town.city.request("GET", f"/processes/{process}/log.xes", as_=reader)).status_code == 200
    async with town.city.socket(reader) as socket:
        assert (await watching(socket, SEEN, id=doors.case_id))["case"] == {"id": doors.case_id}

    async with town.city.serving():
        school, other = [await create_unit(key, key) for key in ("school", "other")]
    bound = ("core.case.read", "core.case.comment", f"{READ}@unit")
    here, there = [await town.city.user(*bound, unit_id=unit) for unit in (school, other)]
    async with town.city.serving(), tenant_tx(write=True):
        await CaseRecord.update({CaseRecord.unit_id: school}).where(CaseRecord.id == uuid.UUID(doors.case_id))
    for who, cases in ((here, 1), (there, 0)):
        mine = Doors(town, who, uuid.UUID(doors.case_id), doors.file_id)
        assert await mine.inbox() == (cases, cases, cases)
        assert (await mine.case() is not None) == bool(cases)
        assert await mine.verb(f'caseComment(caseId: "{doors.case_id}", body: "x")') == ([] if cases else ["not_found"])
    async with town.city.serving():
        await hand_over(uuid.UUID(doors.case_id), other)
    assert await Doors(town, there, uuid.UUID(doors.case_id), doors.file_id).case() is not None, "offered to the unit"


async def test_who_filed_it_or_has_it_sees_their_own(town: Town) -> None:
    clerk, other = [await town.city.user("core.case.read", "core.case.comment") for _ in range(2)]
    doors = await opened(town, clerk)
    async with town.city.serving(), tenant_tx(write=True):
        await CaseRecord.update({CaseRecord.assignee_id: clerk.id}).where(CaseRecord.id == uuid.UUID(doors.case_id))
    assert await doors.inbox() == (1, 1, 1)
    assert await doors.verb(f'caseComment(caseId: "{doors.case_id}", body: "x")') == []
    assert await Doors(town, other, uuid.UUID(doors.case_id), doors.file_id).inbox() == (0, 0, 0)
    # Whose task it is sees the task, and not the case.
    assert REVIEW in await town.titles("boss")
    boss = Doors(town, town.people["boss"], uuid.UUID(doors.case_id), doors.file_id)
    assert await boss.case() is None and await boss.file() == 404
    # The personnel office reads these and no others.
    hr = town.people["hr"]
    assert (await Doors(town, hr, uuid.UUID(doors.case_id), doors.file_id).inbox())[0] == 2
    assert "core.process" not in json.dumps(
        await town.city.data("{ inbox { edges { node { kind { key } } } } }", as_=hr)
    )
