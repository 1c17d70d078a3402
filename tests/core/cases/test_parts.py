"""Comments, files, relations: what hangs on a case, and reading it."""

import asyncio
import uuid
from typing import Any

import pytest

from leancity.core.audit.tables import AuditRow
from leancity.core.cases.attachments import Attachment, attach_file
from leancity.core.cases.comments import comment
from leancity.core.cases.lists import read_relations
from leancity.core.cases.reads import (
    read_case,
    read_cases,
    read_parts,
    read_published,
)
from leancity.core.cases.relations import relate, unrelate
from leancity.core.cases.tables import CaseComment, CaseEvent, CaseFile, CaseRelation
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Forbidden, NotSignedIn, Refused
from leancity.core.files.tables import StoredFile
from leancity.core.identity.secrets import digest
from leancity.core.moment import now
from tests.core.cases.town import Town, events, filed, person, refused

UNKNOWN: Any = "cake"  # what no checker of types has seen


async def stored(uploaded_by: uuid.UUID | None = None, claim: str = "secret") -> StoredFile:
    row = StoredFile(
        sha256="0" * 64,
        name="a.jpg",
        media_type="image/jpeg",
        size=1,
        uploaded_by=uploaded_by,
        uploaded_at=now(),
        claim_key=digest(claim),
    )
    async with tenant_tx(write=True):
        await row.save()
    return row


async def test_comments_are_internal_or_public(desk: Town) -> None:
    case = await filed()
    await comment(case.id, " внутри ")
    await comment(case.id, "наружу", "public")
    with refused("required", "body"):
        await comment(case.id, "  ")
    with refused("case_choice_unknown", "visibility"):
        await comment(case.id, "x", UNKNOWN)
    with refused("not_found", "case_id"):
        await comment(uuid.uuid4(), "x")
    rows = (await read_parts(CaseComment, [case.id]))[case.id]
    assert [(row.body, row.visibility, row.author_id) for row in rows] == [
        ("внутри", "internal", desk.clerk.id),
        ("наружу", "public", desk.clerk.id),
    ]
    assert [row.body for row in (await read_published(CaseComment, [case.id]))[case.id]] == ["наружу"]
    assert [event.kind for event in await events(case.id)] == ["state_entered", "commented", "commented"]
    assert (await read_case(case.id)).version == 1
    async with tenant_tx():
        audit = await AuditRow.select(AuditRow.action, AuditRow.data).where(AuditRow.subject_id == case.id)
    assert [row["action"] for row in audit].count("core.case.commented") == 2
    assert not any("наружу" in row["data"] for row in audit)


async def test_a_file_is_attached_once_by_who_uploaded_it(desk: Town) -> None:
    case = await filed()
    mine, claimed, others = await stored(desk.clerk.id), await stored(claim="word"), await stored(desk.gardener.id)
    await attach_file(case.id, Attachment(file_id=mine.id, role="proof"))
    await attach_file(case.id, Attachment(file_id=claimed.id, claim="word", visibility="public"))
    with refused("case_file_attached", "file_id"):
        await attach_file(case.id, Attachment(file_id=mine.id))
    for stranger in (others.id, uuid.uuid4()):
        with refused("not_found", "file_id"):
            await attach_file(case.id, Attachment(file_id=stranger))
    with refused("case_choice_unknown", "role"):
        await attach_file(case.id, Attachment(file_id=mine.id, role=UNKNOWN))
    rows = (await read_parts(CaseFile, [case.id]))[case.id]
    assert [(row.file_id, row.role) for row in rows] == [(mine.id, "proof"), (claimed.id, "attachment")]
    assert [row.file_id for row in (await read_published(CaseFile, [case.id]))[case.id]] == [claimed.id]


async def test_a_stranger_files_a_case_with_photos(town: Town) -> None:
    async with town.city.serving(as_stranger=True):
        file = await stored()
        case = await filed(files=[Attachment(file_id=file.id, claim="secret", visibility="public")])
        with refused("not_found", "file_id"):
            await filed(files=[Attachment(file_id=file.id, claim="guess")])
        for verb in (comment(case.id, "x"), attach_file(case.id, Attachment(file_id=file.id, claim="secret"))):
            with pytest.raises(NotSignedIn):
                await verb
        assert len((await read_published(CaseFile, [case.id]))[case.id]) == 1


async def test_cases_relate_but_never_to_themselves(desk: Town) -> None:
    a, b, c = [await filed(title=name) for name in "abc"]
    await relate(a.id, b.id, "duplicate_of")
    await relate(b.id, c.id, "duplicate_of")
    with refused("case_relation_self", "other_id"):
        await relate(a.id, a.id, "related")
    with refused("case_relation_known", "other_id"):
        await relate(a.id, b.id, "duplicate_of")
    with refused("case_relation_circular", "other_id"):
        await relate(c.id, a.id, "duplicate_of")
    await relate(c.id, a.id, "child_of")
    await relate(a.id, c.id, "related")
    with refused("case_relation_known", "other_id"):
        await relate(c.id, a.id, "related")
    with refused("not_found", "case_id"):
        await relate(uuid.uuid4(), a.id, "related")
    with refused("not_found", "other_id"):
        await relate(a.id, uuid.uuid4(), "related")
    with refused("case_choice_unknown", "kind"):
        await relate(a.id, b.id, UNKNOWN)
    rows = (await read_relations([a.id]))[a.id]
    assert [(row.case_id, row.other_id, row.kind) for row in rows] == [
        (a.id, b.id, "duplicate_of"),
        (c.id, a.id, "child_of"),
        (a.id, c.id, "related"),
    ]
    await unrelate(rows[0].id)
    with refused("not_found", "relation_id"):
        await unrelate(rows[0].id)
    await relate(c.id, a.id, "duplicate_of")
    kinds = [event.kind for event in await events(a.id)]
    assert kinds == ["state_entered", "related", "related", "unrelated"]


async def test_relations_made_at_once_close_no_circle(desk: Town) -> None:
    a, b, c, d = [await filed(title=name) for name in "abcd"]
    await relate(a.id, b.id, "duplicate_of")
    await relate(c.id, d.id, "duplicate_of")
    results = await asyncio.gather(
        relate(b.id, c.id, "duplicate_of"), relate(d.id, a.id, "duplicate_of"), return_exceptions=True
    )
    (lost,) = [result for result in results if isinstance(result, Refused)]
    assert lost.problems[0].code == "case_relation_circular"
    assert sum(isinstance(result, CaseRelation) for result in results) == 1


async def test_reading_asks_for_a_permission_and_leaves_out_what_is_not_there(town: Town) -> None:
    async with town.city.serving(as_=town.clerk):
        case = await filed()
        assert list(await read_cases([case.id, uuid.uuid4()])) == [case.id]
        assert list(await read_parts(CaseEvent, [case.id, uuid.uuid4()])) == [case.id]
        assert await read_cases([]) == {}
        with refused("not_found", "case_id"):
            await read_case(uuid.uuid4())
    async with town.city.serving():
        nobody = await person("core.case.comment")
        other, third = await filed(), await filed()
        relation = await relate(case.id, third.id, "related")
    async with town.city.serving(as_=nobody):
        for forbidden in (
            read_case(case.id),
            read_cases([case.id]),
            read_parts(CaseEvent, [case.id]),
            relate(case.id, other.id, "related"),
            unrelate(relation.id),
        ):
            with pytest.raises(Forbidden):
                await forbidden
