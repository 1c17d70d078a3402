"""The permit from the application to the map, asked as its clients ask: GraphQL and HTTP in, answers and rows out."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import leancity_earthworks
import pytest
import pytest_asyncio
from leancity_earthworks.approvals import working_days_on
from leancity_earthworks.permissions import CHANGE_BODIES, GIVE, READ, READ_APPLICANT
from leancity_earthworks.tables import EarthworksApproval, EarthworksBody, EarthworksPermit

from leancity.core.audit.tables import AuditRow
from leancity.core.cases.moves import move
from leancity.core.cases.reads import read_parts
from leancity.core.cases.tables import CaseComment, CaseEvent, CaseTerm
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused
from leancity.core.identity.units import create_unit
from leancity.core.imports.target import find_target
from leancity.core.jobs.outbox import enqueue, tell
from leancity.core.moment import now
from leancity.core.plugins.manager import installed_modules
from leancity.core.settings.service import change_settings
from leancity.core.testing.city import City, TestUser

APPLICATION = """
id number status statusTitle outcome dueAt digsFrom
approvals { id body answer reason answerBy reminders }
"""
APPLY = "mutation ($input: EarthworksApplyInput!) { earthworksApply(input: $input) { errors { field code message }"
ERRORS = "errors { field code message }"


@dataclass(frozen=True, kw_only=True)
class Town:
    """A city that asks two bodies, with an officer in each and a clerk."""

    city: City
    clerk: TestUser
    digger: TestUser
    """An officer of the roads."""
    guard: TestUser
    """An officer of archaeology."""

    async def apply(self, *, as_: TestUser | None = None, locale: str = "en", **fields: Any) -> dict[str, Any]:
        """Apply and return the payload."""
        query = f"{APPLY} application {{ {APPLICATION} }} }} }}"
        data = await self.city.data(query, {"input": {**form(), **fields}}, as_=as_, locale=locale)
        payload: dict[str, Any] = data["earthworksApply"]
        return payload

    async def applied(self, *, as_: TestUser | None = None) -> str:
        """Apply, let the listener ask the bodies, and return the application's id."""
        payload = await self.apply(as_=as_)
        assert payload["errors"] == []
        await self.city.run_jobs()
        application_id: str = payload["application"]["id"]
        return application_id

    async def application(self, id_: str) -> dict[str, Any]:
        """Return an application as the clerk sees it."""
        query = f"query ($id: UUID!) {{ earthworks {{ application(id: $id) {{ {APPLICATION} }} }} }}"
        data = await self.city.data(query, {"id": id_}, as_=self.clerk)
        application: dict[str, Any] = data["earthworks"]["application"]
        return application

    async def waiting(self, officer: TestUser) -> list[dict[str, Any]]:
        """Return what waits for an officer."""
        data = await self.city.data("{ earthworks { waiting { id body applicationId } } }", as_=officer)
        rows: list[dict[str, Any]] = data["earthworks"]["waiting"]
        return rows

    async def answer(self, officer: TestUser, reason: str | None = None, *, id_: str | None = None) -> dict[str, Any]:
        """Give the officer's first waiting approval, or refuse it with a reason, and return the payload."""
        id_ = id_ or (await self.waiting(officer))[0]["id"]
        name = "earthworksApprove" if reason is None else "earthworksRefuse"
        more = "" if reason is None else ", reason: $reason"
        given = "$id: UUID!" if reason is None else "$id: UUID!, $reason: String!"
        query = f"mutation ({given}) {{ done: {name}(id: $id{more}) {{ {ERRORS} application {{ status outcome }} }} }}"
        variables = {"id": id_} if reason is None else {"id": id_, "reason": reason}
        data = await self.city.data(query, variables, as_=officer)
        payload: dict[str, Any] = data["done"]
        return payload


def form(begins_in: int = 2, lasts: int = 5) -> dict[str, Any]:
    """Return an application that is right."""
    begins = now() + timedelta(days=begins_in)
    days = {"digsFrom": begins, "digsUntil": begins + timedelta(days=lasts), "restoredBy": begins + timedelta(days=30)}
    return {
        "point": {"lat": 46.9591, "lon": 142.738},
        "address": "12 Garden Street",
        "purpose": "A new water pipe",
        "applicantName": "Ivan Petrov",
        "applicantPhone": "+7 000 111-22-33",
        **{name: day.date().isoformat() for name, day in days.items()},
    }


@pytest_asyncio.fixture
async def town(make_city: Callable[..., Awaitable[City]]) -> Town:
    city = await make_city("earthworks", locale="en")
    async with city.serving():
        roads, archaeology = await create_unit("roads", "Roads"), await create_unit("heritage", "Heritage")
    clerk = await city.user(READ, READ_APPLICANT, CHANGE_BODIES)
    for key, unit in (("roads", roads), ("archaeology", archaeology)):
        body = {"key": key, "titleRu": key.upper(), "titleEn": key.title(), "unitId": str(unit)}
        query = f"mutation ($input: EarthworksBodyInput!) {{ earthworksSetBody(input: $input) {{ {ERRORS} }} }}"
        data = await city.data(query, {"input": body}, as_=clerk)
        assert data["earthworksSetBody"]["errors"] == []
    digger, guard = [await city.user(READ, GIVE, unit_id=unit) for unit in (roads, archaeology)]
    return Town(city=city, clerk=clerk, digger=digger, guard=guard)


def test_it_is_imported_from_where_it_was_installed() -> None:
    """Otherwise these tests would hold for the source folder and say nothing of the package."""
    where = os.environ.get("EARTHWORKS_INSTALLED_IN")
    assert where is None or str(leancity_earthworks.__file__).startswith(where)


async def test_all_bodies_are_asked_at_once_and_the_last_approval_issues_the_permit(town: Town) -> None:
    payload = await town.apply(locale="ru")
    assert payload["application"]["statusTitle"] == "Заявление принято"
    assert payload["application"]["approvals"] == []
    await town.city.run_jobs()
    asked = await town.application(payload["application"]["id"])
    assert asked["status"] == "approving"
    assert {each["body"]: each["answer"] for each in asked["approvals"]} == {
        "Archaeology": "waiting",
        "Roads": "waiting",
    }
    half = await town.answer(town.digger)
    assert half["application"] == {"status": "approving", "outcome": None}
    assert await town.waiting(town.digger) == []
    done = await town.answer(town.guard)
    assert done == {"errors": [], "application": {"status": "issued", "outcome": "issued"}}


async def test_the_permit_is_on_the_public_map_without_personal_data(town: Town) -> None:
    await town.applied()
    answer = await town.city.request("GET", "/m/earthworks/permits.geojson")
    assert answer.json()["features"] == []
    for officer in (town.digger, town.guard):
        await town.answer(officer)
    answer = await town.city.request("GET", "/m/earthworks/permits.geojson")
    assert answer.headers["content-type"].startswith("application/geo+json")
    (feature,) = answer.json()["features"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [142.738, 46.9591]}
    assert feature["properties"].keys() == {"number", "address", "digsFrom", "digsUntil", "restoredBy"}
    data = await town.city.data("{ earthworks { permits { totalCount edges { node { number address digsUntil } } } } }")
    permits = data["earthworks"]["permits"]
    assert permits["totalCount"] == 1
    assert permits["edges"][0]["node"]["number"] == feature["properties"]["number"]
    for text in (answer.text, str(data)):
        assert "Petrov" not in text
        assert "111-22-33" not in text


async def test_who_looks_at_the_map_hears_of_a_new_permit(town: Town) -> None:
    id_ = await town.applied()
    with town.city.platform.process("scheduler"):
        async with town.city.socket() as socket:
            await socket.begin("subscription { earthworksPermitsIssued { isResync permits { id address } } }")
            assert (await socket.receive())["payload"]["data"]["earthworksPermitsIssued"]["isResync"]
            for officer in (town.digger, town.guard):
                await town.answer(officer)
            issued = await socket.receive(patience=30)
    (permit,) = issued["payload"]["data"]["earthworksPermitsIssued"]["permits"]
    assert permit == {"id": id_, "address": "12 Garden Street"}


async def test_the_applicant_is_told_of_the_decision(town: Town) -> None:
    resident = await town.city.user()
    await town.applied(as_=resident)
    for officer in (town.digger, town.guard):
        await town.answer(officer)
    await town.city.run_jobs()
    edges = (await town.city.data("{ notifications { edges { node { key text } } } }", as_=resident))["notifications"]
    (told,) = [edge["node"]["text"] for edge in edges["edges"] if edge["node"]["key"] == "earthworks.decided"]
    assert told.startswith("Your application EW-") and told.endswith("is decided: Issued")


async def test_a_refusal_waits_for_the_others_and_gives_all_the_reasons(town: Town) -> None:
    resident = await town.city.user()
    id_ = await town.applied(as_=resident)
    first = await town.answer(town.digger, "The road was mended in May")
    assert first["application"]["status"] == "approving"
    last = await town.answer(town.guard, "An old burial ground")
    assert last["application"] == {"status": "refused", "outcome": "refused"}
    query = "{ earthworks { myApplications { id status approvals { body reason } } } }"
    (mine,) = (await town.city.data(query, as_=resident))["earthworks"]["myApplications"]
    assert mine["id"] == id_
    assert {each["reason"] for each in mine["approvals"]} == {"The road was mended in May", "An old burial ground"}
    assert (await town.city.data(query))["earthworks"]["myApplications"] == []
    async with town.city.serving():
        (events,) = (await read_parts(CaseEvent, [await _only_case()])).values()
    assert "An old burial ground" in events[-1].data
    assert "The road was mended in May" in events[-1].data


async def test_only_an_officer_of_the_body_answers_and_once(town: Town) -> None:
    await town.applied()
    (approval,) = await town.waiting(town.digger)
    other = await town.answer(town.guard, id_=approval["id"])
    assert [error["code"] for error in other["errors"]] == ["earthworks.other_body"]
    wordless = await town.answer(town.digger, " ", id_=approval["id"])
    assert [(error["field"], error["code"]) for error in wordless["errors"]] == [("reason", "required")]
    assert (await town.answer(town.digger, id_=approval["id"]))["errors"] == []
    twice = await town.answer(town.digger, id_=approval["id"])
    assert [error["code"] for error in twice["errors"]] == ["earthworks.answered_already"]


async def test_what_is_not_public_asks_for_its_permission(town: Town) -> None:
    nothing = '"00000000-0000-0000-0000-000000000000"'
    asked = {
        "{ earthworks { waiting { id } } }": town.digger,
        f"{{ earthworks {{ application(id: {nothing}) {{ id }} }} }}": town.clerk,
        f"mutation {{ earthworksApprove(id: {nothing}) {{ errors {{ code }} }} }}": town.digger,
        f'mutation {{ earthworksRefuse(id: {nothing}, reason: "x") {{ errors {{ code }} }} }}': town.digger,
        'mutation { earthworksSetBody(input: {key: "x", titleRu: "x", titleEn: "x"}) { errors { code } } }': town.clerk,
    }
    nobody = await town.city.user()
    for query, allowed in asked.items():
        stranger = await town.city.graphql(query)
        assert stranger["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"
        refused = await town.city.graphql(query, as_=nobody)
        assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        assert "errors" not in await town.city.graphql(query, as_=allowed)


async def test_the_applicant_is_shown_with_a_record_only(town: Town) -> None:
    id_ = await town.applied()
    query = "query ($id: UUID!) { earthworks { application(id: $id) { number applicant { name phone } } } }"
    shown = (await town.city.data(query, {"id": id_}, as_=town.clerk))["earthworks"]["application"]
    assert shown["applicant"] == {"name": "Ivan Petrov", "phone": "+7 000 111-22-33"}
    hidden = await town.city.graphql(query, {"id": id_}, as_=town.digger)
    assert hidden["data"]["earthworks"]["application"]["applicant"] is None
    async with town.city.serving(), tenant_tx():
        rows = await AuditRow.objects().where(AuditRow.action == "earthworks.applicant.read")
    assert [row.actor_id for row in rows] == [town.clerk.id]


async def test_every_mistake_is_named_at_once(town: Town) -> None:
    wrong: dict[str, Any] = {
        "address": " ",
        "digsFrom": "2020-05-02",
        "digsUntil": "2020-05-01",
        "restoredBy": "2020-04-01",
        "applicantPhone": "",
    }
    payload = await town.apply(**wrong)
    assert payload["application"] is None
    assert {(error["field"], error["code"]) for error in payload["errors"]} == {
        ("address", "required"),
        ("applicantPhone", "required"),
        ("digsFrom", "earthworks.begins_in_the_past"),
        ("digsUntil", "earthworks.ends_before_it_begins"),
        ("restoredBy", "earthworks.restored_too_early"),
    }
    russian = await town.apply(locale="ru", digsFrom="2020-05-02")
    assert "Работы не могут начаться раньше сегодняшнего дня" in {error["message"] for error in russian["errors"]}


async def test_the_city_settles_how_long_may_be_dug(town: Town) -> None:
    async with town.city.serving():
        await change_settings(installed_modules(), "earthworks", {"longest_days": 3, "is_phone_required": False})
    refused = await town.apply(applicantPhone="")
    assert [(error["field"], error["message"]) for error in refused["errors"]] == [
        ("digsUntil", "A permit is given for at most 3 days")
    ]


async def test_without_bodies_nothing_is_taken_in(make_city: Callable[..., Awaitable[City]]) -> None:
    city = await make_city("earthworks")
    data = await city.data(f"{APPLY} }} }}", {"input": form()})
    assert [error["code"] for error in data["earthworksApply"]["errors"]] == ["earthworks.bodies_missing"]


async def test_nobody_issues_a_permit_that_a_body_has_not_agreed_to(town: Town) -> None:
    await town.applied()
    await town.answer(town.digger)
    async with town.city.serving():
        case_id = await _only_case()
        with pytest.raises(Refused, match=r"outcome: earthworks\.approvals_missing"):
            await move(case_id, "issue", outcome="issued")
    assert (await town.answer(town.guard))["application"]["status"] == "issued"


async def test_the_listener_may_hear_of_a_case_twice(town: Town) -> None:
    await town.applied()
    async with town.city.serving():
        case_id = await _only_case()
        async with tenant_tx(write=True):
            await tell("case_submitted", case_id=case_id, kind="earthworks.permit")
    await town.city.run_jobs()
    async with town.city.serving(), tenant_tx():
        assert await EarthworksApproval.count() == 2


async def test_a_phone_is_forgotten_a_year_after_the_surface_was_to_be_restored(town: Town) -> None:
    await town.applied()

    async def phone_once_restored_by(day: date) -> str:
        async with town.city.serving(), tenant_tx(write=True):
            await EarthworksPermit.update({EarthworksPermit.restored_by: day}, force=True)
            await enqueue("earthworks.forget_phones", {})
        await town.city.run_jobs()
        async with town.city.serving(), tenant_tx():
            (row,) = await EarthworksPermit.select(EarthworksPermit.applicant_phone)
        return str(row["applicant_phone"])

    today = now().date()
    assert await phone_once_restored_by(today - timedelta(days=360)) != ""
    assert await phone_once_restored_by(today - timedelta(days=370)) == ""


async def test_a_late_body_is_named_again_and_again_until_it_answers(town: Town) -> None:
    await town.applied()
    await town.answer(town.digger)
    await town.city.run_jobs(all_due=True)
    assert await _comments(town.city) == []  # the job came, but the answer is not late
    async with town.city.serving(), tenant_tx(write=True):
        await EarthworksApproval.update({EarthworksApproval.answer_by: now()}, force=True)
    for expected in (1, 2):
        await town.city.run_jobs(all_due=True)
        assert await _comments(town.city) == ["The answer is late: Archaeology"] * expected
    async with town.city.serving(), tenant_tx():
        (row,) = await EarthworksApproval.objects().where(EarthworksApproval.answer == "waiting")
    assert row.reminders == 2
    await town.answer(town.guard)
    await town.city.run_jobs(all_due=True)
    assert len(await _comments(town.city)) == 2
    assert await town.city.run_jobs(all_due=True) == 0  # it comes no more


async def test_the_terms_are_a_month_before_and_a_week_now(town: Town) -> None:
    await town.applied()
    async with town.city.serving():
        (terms,) = (await read_parts(CaseTerm, [await _only_case()])).values()
        answer_by = await working_days_on(3)
    assert {(term.kind, term.amount, term.unit, term.assumed) for term in terms} == {
        ("baseline", 30, "calendar_days", True),
        ("target", 7, "calendar_days", True),
    }
    async with town.city.serving(), tenant_tx():
        assert {row.answer_by for row in await EarthworksApproval.objects()} == {answer_by}


async def test_a_person_is_forgotten_and_the_hole_in_the_street_is_not(town: Town) -> None:
    resident, clerk = await town.city.user(), await town.city.user("core.person.erase")
    await town.applied(as_=resident)
    await town.applied()
    erase = 'mutation ($id: UUID, $phone: String! = "") { personErase(personId: $id, phone: $phone, reason: "42") {'

    async def erased(**variables: str) -> list[tuple[str, str]]:
        query = f"{erase} {ERRORS} erasure {{ id }} }} }}"
        assert (await town.city.data(query, variables, as_=clerk))["personErase"]["errors"] == []
        await town.city.leave("earthworks")  # the data stay, and are erased all the same
        await town.city.run_jobs()
        await town.city.subscribe("earthworks")
        async with town.city.serving(), tenant_tx():
            rows = await EarthworksPermit.objects()
        assert {row.address for row in rows} == {"12 Garden Street"}
        return sorted((row.applicant_name, row.applicant_phone) for row in rows)

    assert await erased(id=str(resident.id)) == [("", ""), ("Ivan Petrov", "+7 000 111-22-33")]
    assert await erased(phone="8 (000) 111 22 33") == [("", ""), ("", "")]


async def test_bodies_are_imported_once(town: Town) -> None:
    rows = [
        {"key": "roads", "title_ru": "Дороги", "title_en": None},
        {"key": "utilities", "title_ru": "Сети", "title_en": None},
    ]
    async with town.city.serving():
        target = find_target("earthworks.bodies")
        for written in (1, 0):
            async with tenant_tx(write=True):
                result = await target.write(rows, "register")
            assert (result.written, result.known) == (written, 2 - written)
        async with tenant_tx():
            assert await EarthworksBody.count() == 3


async def _only_case() -> Any:
    async with tenant_tx():
        (row,) = await EarthworksPermit.select(EarthworksPermit.case_id)
    return row["case_id"]


async def _comments(city: City) -> list[str]:
    async with city.serving():
        found = await read_parts(CaseComment, [await _only_case()])
    return [row.body for rows in found.values() for row in rows]
