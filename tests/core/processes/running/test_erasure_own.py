"""What a person wrote about work is forgotten with them: absences, drafts, notes of agreements, texts about them."""

from __future__ import annotations

import json
import uuid
from datetime import date

import pytest

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.erased_parts import KERNEL_PARTS
from leancity.core.moment import now
from leancity.core.plugins.contributions import ErasedPerson
from leancity.core.processes.running.absence import NewAbsence, add_absence
from leancity.core.processes.running.erasure import _Theirs, without
from leancity.core.processes.versions.tables import ProcessAgreement
from tests.core.processes.running.conftest import Works

DRAFT = "update work_item set draft = $2, assignee_id = $3, state = 'claimed' where tenant_id = $1 and id = $4"


async def test_absences_drafts_and_agreements_of_theirs_are_forgotten(works: Works) -> None:
    version = await works.publish("approval")
    instance = await works.begin("approval", {})
    other = await works.city.user("core.task.work", "core.process.read")
    async with works.city.serving(as_=works.clerk):
        await add_absence(NewAbsence(from_on=date(2090, 1, 1), until_on=date(2090, 1, 2), reason="an operation"))
    async with works.city.serving(as_=other):
        week = NewAbsence(
            from_on=date(2091, 1, 1), until_on=date(2091, 1, 2), substitute_id=works.clerk.id, reason="sea"
        )
        await add_absence(week)
    item = (await works.items(instance))[0]
    await works.city.rows(DRAFT, json.dumps({"note": "I feel ill"}), works.clerk.id, item["id"])
    async with works.city.serving(), tenant_tx(write=True):
        for user in (works.clerk, other):
            await ProcessAgreement(
                version_id=version.id, subject="roles", user_id=user.id, note="my own words", asked_at=now()
            ).save()
    person = ErasedPerson(person_id=works.clerk.id, email="", phone="")
    async with works.city.serving():
        assert (await KERNEL_PARTS["core.processes"](person)).erased == 4
        assert (await KERNEL_PARTS["core.processes"](person)).erased == 0, "a second time finds nothing"
    rows = await works.city.rows("select user_id, substitute_id, reason from absence where tenant_id = $1")
    assert [tuple(row) for row in rows] == [(other.id, None, "sea")]
    assert json.loads((await works.items(instance))[0]["draft"]) == {}
    notes = await works.city.rows("select user_id, note from process_agreement where tenant_id = $1")
    assert {row["user_id"]: row["note"] for row in notes} == {works.clerk.id: "", other.id: "my own words"}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Ask Anna@Example.org about it", "Ask … about it"),
        ("call +7 (914) 123-45-67 or 8 914 123 45 67.", "call … or …."),
        ("number 19141234567890 is none", "number 19141234567890 is none"),
        ("anna@example.org.uk, joanna@example.org", "anna@example.org.uk, joanna@example.org"),
        ("nothing of hers", "nothing of hers"),
    ],
)
def test_texts_lose_her_address_and_her_phone_and_nothing_else(text: str, left: str) -> None:
    theirs = _Theirs(frozenset({"anna@example.org", str(uuid.UUID(int=7))}), "9141234567")
    assert json.loads(without(json.dumps({"a": [text]}), theirs)) == {"a": [left]}
