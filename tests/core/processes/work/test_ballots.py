"""Secret votes: counted when the last has voted, and nowhere a link between a person and a vote."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest_asyncio

from leancity.core.testing.city import TestUser
from tests.core.processes.publishing import drawing, publish
from tests.core.processes.work.conftest import WORKER, Office, codes
from tests.core.processes.work.test_absence import add, days

VOTE = drawing(
    """
<bpmn:startEvent id="filed"/>
<bpmn:userTask id="vote" name="Vote"><bpmn:extensionElements>
  <lean:assign person="member"/><lean:form key="vote"/>
  <lean:ballot result="votes" field="vote" choices="yes no" quorum="cast * 3 &gt;= members * 2"/>
</bpmn:extensionElements><bpmn:multiInstanceLoopCharacteristics>
  <bpmn:loopDataInputRef>members</bpmn:loopDataInputRef><bpmn:inputDataItem id="member"/>
</bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>
<bpmn:exclusiveGateway id="counted" default="lost"/>
<bpmn:userTask id="win" name="Won"/><bpmn:userTask id="lose" name="Not won"/>
<bpmn:endEvent id="done"/>
<bpmn:sequenceFlow id="f1" sourceRef="filed" targetRef="vote"/>
<bpmn:sequenceFlow id="f2" sourceRef="vote" targetRef="counted"/>
<bpmn:sequenceFlow id="won" sourceRef="counted" targetRef="win">
  <bpmn:conditionExpression>votes.votes.yes &gt; votes.votes.no</bpmn:conditionExpression>
</bpmn:sequenceFlow>
<bpmn:sequenceFlow id="lost" sourceRef="counted" targetRef="lose"/>
<bpmn:sequenceFlow id="f3" sourceRef="win" targetRef="done"/>
<bpmn:sequenceFlow id="f4" sourceRef="lose" targetRef="done"/>
"""
)
BALLOT = {
    "type": "object",
    "properties": {
        "vote": {"type": "string", "enum": ["yes", "no"]},
        "words": {"type": "string", "maxLength": 200},
        "paper": {"type": "string", "format": "file"},
        "weight": {"type": "integer"},
    },
    "required": ["vote"],
}
TABLES = """
select table_name from information_schema.columns c where column_name = 'tenant_id' and table_schema = 'public'
and exists (select from information_schema.tables t where t.table_schema = c.table_schema
    and t.table_name = c.table_name and t.table_type = 'BASE TABLE')
"""


@pytest_asyncio.fixture
async def members(office: Office) -> list[TestUser]:
    """Three members whose vote is asked for once each, however often the list names them."""
    await publish(office.city, VOTE, "vote", forms={"vote": BALLOT})
    third = await office.city.user(*WORKER, unit_id=office.roads)
    people = [office.clerk, office.colleague, third]
    office.facts = {"members": [str(each.id) for each in (*people, office.clerk)]}
    return people


async def _cast(office: Office, as_: TestUser, **answers: Any) -> Any:
    (item,) = [each for each in await office.items(as_) if each["title"] == "Vote"]
    return await office.do("Complete", item, as_, facts=answers)


async def _everything(office: Office) -> str:
    """Return every row of the city, as a superuser reads it."""
    platform = office.city.platform
    address = urlsplit(platform.superuser_url)._replace(path=urlsplit(platform.app_url).path).geturl()
    connection = await asyncpg.connect(address)
    try:
        tables = [row["table_name"] for row in await connection.fetch(TABLES)]
        assert {"work_item", "process_instance", "audit_event", "process_event", "due"} <= {*tables, "audit_event"}
        found = []
        for table in tables:
            rows = await connection.fetch(
                f'select to_jsonb(t)::text as row from "{table}" t where tenant_id = $1', office.city.tenant.id
            )
            found += [row["row"] for row in rows]
        return "\n".join(found)
    finally:
        await connection.close()


async def _facts(office: Office, instance_id: Any) -> dict[str, Any]:
    (row,) = await office.city.rows("select facts from process_instance where tenant_id = $1 and id = $2", instance_id)
    found: dict[str, Any] = json.loads(row["facts"])
    return found


async def test_a_vote_is_counted_at_the_end_and_linked_to_nobody(office: Office, members: list[TestUser]) -> None:
    instance = await office.begin(key="vote")
    said = {"yes": "Zealous and punctual", "no": "Absent rather often", "third": "Meanwhile improved"}
    assert codes(await _cast(office, members[0], vote="yes", words=said["yes"])) == []
    after_one = await _everything(office)
    assert codes(await _cast(office, members[1], vote="no", words=said["no"])) == []
    after_two = await _everything(office)
    for text in (after_one, after_two):
        assert not any(words in text for words in said.values()), "words are nowhere before the end"
        assert '"votes": {' not in text and "'yes'" not in text
    assert (await _facts(office, instance.id))["votes"] is None
    state = "select length(state) as size from process_instance where tenant_id = $1 and id = $2"
    (before,) = await office.city.rows(state, instance.id)
    assert codes(await _cast(office, members[2], vote="yes", words=said["third"])) == []
    votes = (await _facts(office, instance.id))["votes"]
    assert votes == {
        "members": 3,
        "cast": 3,
        "quorum": True,
        "votes": {"yes": 2, "no": 1},
        "texts": [said["no"], said["third"], said["yes"]],  # the order of the alphabet, not of voting
    }
    assert before["size"] > 4096, "a count is sealed in one length"
    for row in (await _everything(office)).splitlines():
        people = [each for each in members if str(each.id) in row]
        if any(words in row for words in said.values()) or '"yes": 2' in row:
            # The one place is the instance's facts, where the whole commission stands, in its own order.
            assert len(people) in (0, 3), row[:300]
        assert not ('"vote"' in row and '"yes"' in row and "enum" not in row), row[:300]
    done = await office.city.rows(
        "select assignee_id, draft from work_item where tenant_id = $1 and node_id = 'vote' and state = 'done'"
    )
    assert {row["assignee_id"] for row in done} == {each.id for each in members}, "who has voted is known"
    assert {row["draft"] for row in done} == {"{}"}
    shown = await office.city.data(
        "{ workItems(filter: {states: [DONE]}) { edges { node { form { facts draft } } } } }", as_=members[0]
    )
    assert "yes" not in json.dumps(shown)


async def test_two_states_of_different_votes_are_of_one_length(office: Office, members: list[TestUser]) -> None:
    sizes = set()
    for words in (None, "A long word about it " * 9):
        instance = await office.begin(key="vote")
        item = (await office.items(members[0]))[-1]
        answers = {"vote": "yes"} if words is None else {"vote": "no", "words": words}
        assert codes(await office.do("Complete", item, members[0], facts=answers)) == []
        (row,) = await office.city.rows(
            "select length(state) as size from process_instance where tenant_id = $1 and id = $2", instance.id
        )
        sizes.add(row["size"])
    assert len(sizes) == 1


async def test_a_vote_is_personal_and_leaves_nothing_beside_it(office: Office, members: list[TestUser]) -> None:
    await office.begin(key="vote")
    (item,) = await office.items(members[0])
    assert codes(await office.do("SaveDraft", item, members[0], facts={"vote": "yes"})) == ["process_ballot_personal"]
    assert codes(await office.do("Delegate", item, members[0], userId=str(office.head.id))) == [
        "process_ballot_personal"
    ]
    assert codes(await office.do("Assign", item, office.head, userId=str(office.head.id))) == [
        "process_ballot_personal"
    ]
    assert codes(await office.do("SendBack", item, members[0], reason="No")) == ["work_item_no_way_back"]
    await add(office, members[0], days(office, 0, 0, office.gardener))
    assert codes(await office.do("Complete", item, office.gardener, facts={"vote": "no"})) == [
        "process_ballot_personal"
    ]
    sent = {"file": ("plan.txt", b"Mine", "text/plain")}
    file = (await office.city.request("POST", "/files", as_=members[0], files=sent)).json()
    for answers, code in (
        ({"vote": "perhaps"}, "form_choice"),
        ({"vote": "yes", "paper": file["id"]}, "process_ballot_file"),
        ({"vote": "yes", "weight": 3}, "process_ballot_text"),
    ):
        assert codes(await office.do("Complete", item, members[0], facts=answers)) == [code]
    assert codes(await office.do("Complete", item, members[0], facts={"vote": "yes"})) == []
    assert await office.items(members[0]) == [], "named twice, asked once"


async def test_ties_and_single_votes(office: Office, members: list[TestUser]) -> None:
    office.facts = {"members": [str(each.id) for each in members[:2]]}
    instance = await office.begin(key="vote")
    await _cast(office, members[0], vote="yes")
    await _cast(office, members[1], vote="no")
    assert [wait["title"] for wait in await _open(office, instance.id)] == ["Not won"], (
        "a tie is the drawing's to judge"
    )
    office.facts = {"members": [str(members[2].id)]}
    instance = await office.begin(key="vote")
    await _cast(office, members[2], vote="no", words="Only I was asked")
    votes = (await _facts(office, instance.id))["votes"]
    assert votes == {"members": 1, "cast": 1, "quorum": False, "votes": None, "texts": []}, "one vote tells itself"


async def _open(office: Office, instance_id: Any) -> list[Any]:
    return await office.city.rows(
        "select title from work_item where tenant_id = $1 and instance_id = $2 and state = 'open'", instance_id
    )


async def test_a_queue_of_voters_lets_nobody_vote_twice(office: Office) -> None:
    queued = (
        VOTE.replace(b'<lean:assign person="member"/>', b"")
        .replace(
            b"<bpmn:loopDataInputRef>members</bpmn:loopDataInputRef>", b"<bpmn:loopCardinality>3</bpmn:loopCardinality>"
        )
        .replace(
            b"</bpmn:loopCardinality>",
            b'</bpmn:loopCardinality><bpmn:completionCondition>nrOfCompletedInstances &gt;= 2 or vote = "no"'
            b"</bpmn:completionCondition>",
        )
        .replace(b'<bpmn:inputDataItem id="member"/>', b"")
    )
    lane = b'<bpmn:lane id="a" name="All"><bpmn:flowNodeRef>vote</bpmn:flowNodeRef></bpmn:lane>'
    lanes = b'<bpmn:laneSet id="l">' + lane + b"</bpmn:laneSet>"
    queued = queued.replace(b'<bpmn:startEvent id="filed"/>', lanes + b'<bpmn:startEvent id="filed"/>')
    await publish(office.city, queued, "queue", forms={"vote": BALLOT}, lanes={"All": {"unit_id": office.roads}})
    office.facts = {}
    instance = await office.begin(key="queue")
    item, *others = await office.items(office.clerk)
    assert len(others) == 2
    assert codes(await office.do("Complete", item, office.clerk, facts={"vote": "no"})) == []
    assert await office.items(office.clerk) == []
    assert codes(await office.do("Claim", others[0], office.clerk)) == ["process_item_apart"]
    assert len(await office.items(office.colleague)) == 2, "an answer doesn't end the vote"
    assert codes(await office.do("Complete", others[0], office.colleague, facts={"vote": "no"})) == []
    assert (await _facts(office, instance.id))["votes"]["votes"] == {"yes": 0, "no": 2}
