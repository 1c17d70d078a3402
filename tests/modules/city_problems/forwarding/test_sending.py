"""A report goes to another body: what is said, what comes back, and what becomes of the case."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leancity.modules.city_problems.forwarding.sending import ATTEMPTS
from tests.graphql.kernel.notifications.desk import account
from tests.modules.city_problems.conftest import POINT
from tests.modules.city_problems.forwarding.desk import Desk
from tests.modules.city_problems.forwarding.other_body import KEY, Said
from tests.modules.city_problems.test_following import reported

DEAD = "select last_error from job where tenant_id = $1 and name = 'city_problems.forward' and state = 'dead'"
JOBS = "select state, payload, last_error from job where tenant_id = $1 and name = 'city_problems.forward'"
TOLD = "select kind, data from case_event where tenant_id = $1 and kind = 'forwarding_failed'"


@pytest.mark.parametrize("formats", [("json", "xml"), ("xml",)])
async def test_a_report_is_closed_once_they_have_given_their_number(desk: Desk, formats: tuple[str, ...]) -> None:
    desk.body.formats = formats
    photos = [await desk.town.photo(), await desk.town.photo()]
    case = await desk.reported(text="Яма, звоните 8 914 123-45-67", address="Мира, 1", photos=photos)
    asked = await desk.forward(case, note="theirs by law")
    assert (asked["errors"], asked["report"]["status"]) == ([], "forwarding")
    assert desk.body.posted == [], "nothing is said while the clerk waits"
    await desk.city.run_jobs()
    seen = await desk.seen(case)
    assert (seen["status"], seen["outcome"]) == ("closed", "forwarded")
    assert seen["forwarded"]["title"] == "Область"
    assert (seen["forwarded"]["number"], seen["forwarded"]["status"]) == ("A-1", "open")
    [row] = seen["forwardings"]
    assert (row["state"], row["number"], row["attempts"], row["failure"]) == ("there", "A-1", 1, "")
    assert (row["endpoint"], row["serviceCode"]) == ("region", "001")
    assert "Передано: Область, № A-1" in await desk.notes(case)
    sent = [dict(form) for _, form in desk.body.posted][-1]
    assert sent["api_key"] == KEY
    assert (sent["service_code"], float(sent["lat"]), float(sent["long"])) == ("001", POINT["lat"], POINT["lon"])
    assert sent["address_string"] == "Мира, 1"
    assert sent["description"].startswith("Яма, звоните ") and "914" not in sent["description"]
    assert sent.keys() & {"email", "phone", "first_name", "last_name", "jurisdiction_id"} == set()
    urls = [value for name, value in desk.body.form() if name == "media_url"]
    assert urls == [f"https://{desk.city.host}/files/{photo['id']}" for photo in photos]
    # One request for them, in whichever format they have.
    assert len(desk.body.requests) == 1
    assert len({key for key, _ in desk.body.posted}) == 1


async def test_who_reported_is_named_where_they_agreed_only(desk: Desk) -> None:
    told = {"reporterName": "Ирина Петровна Ким", "reporterPhone": "+7 914 123-45-67", "reporterEmail": "i@example.org"}
    text = "Яма, звоните 8 914 123-45-67"
    await desk.forwarded(text=text, mayShare=True, **told)
    sent = dict(desk.body.form())
    assert sent["description"] == text
    assert (sent["first_name"], sent["last_name"]) == ("Ирина", "Петровна Ким")
    assert (sent["phone"], sent["email"]) == ("+7 914 123-45-67", "i@example.org")
    [read] = await desk.city.rows(
        "select actor_kind from audit_event where tenant_id = $1 and action = 'city_problems.reporter.sent'"
    )
    assert read["actor_kind"] == "system"


async def test_who_was_signed_in_and_agreed_is_named_as_their_account_says(desk: Desk) -> None:
    resident = await account(desk.city, kind="resident")
    case = await reported(desk.town, resident, mayShare=True)
    assert (await desk.forward(case))["errors"] == []
    await desk.city.run_jobs(all_due=True)
    sent = dict(desk.body.form())
    assert (sent["first_name"], sent["email"]) == ("Name", f"{resident.login}@example.org")


async def test_the_service_is_the_one_given_or_the_categorys_or_the_usual_one(desk: Desk) -> None:
    await desk.save(serviceCode="002", jurisdiction="region.example")
    for category, given, wanted in (("pothole", "", "001"), ("lighting", "", "002"), ("pothole", "002", "002")):
        case = await desk.reported(category=category)
        assert (await desk.forward(case, serviceCode=given))["errors"] == []
        await desk.city.run_jobs()
        sent = dict(desk.body.form())
        assert (sent["service_code"], sent["jurisdiction_id"]) == (wanted, "region.example")


async def test_what_can_not_be_forwarded_is_refused_and_stays_where_it_was(desk: Desk) -> None:
    case = await desk.reported(category="lighting")
    unmapped = await desk.forward(case)
    assert [(e["field"], e["code"]) for e in unmapped["errors"]] == [("serviceCode", "city_problems.service_unmapped")]
    unknown = await desk.forward(case, endpoint="nobody' or 1=1 --")
    assert [(e["field"], e["code"]) for e in unknown["errors"]] == [("endpoint", "not_found")]
    long = await desk.forward(case, serviceCode="x" * 500)
    assert [(e["field"], e["code"]) for e in long["errors"]] == [("serviceCode", "too_long")]
    await desk.save(isActive=False)
    off = await desk.forward(case, serviceCode="001")
    assert [(e["field"], e["code"]) for e in off["errors"]] == [("endpoint", "city_problems.endpoint_off")]
    seen = await desk.seen(case)
    assert (seen["status"], seen["forwardings"], seen["forwarded"]) == ("reported", [], None)
    assert await desk.city.rows(JOBS) == []
    await desk.save()
    moved = await desk.town.do(desk.clerk, f'cityProblemsRefuse(id: "{case}", outcome: "not_ours", note: "x")')
    assert moved["errors"] == []
    late = await desk.forward(case, serviceCode="001")
    assert [error["code"] for error in late["errors"]] == ["case_transition_unavailable"]


@pytest.mark.parametrize("formats", [("json", "xml"), ("xml",)])
@pytest.mark.parametrize(
    ("fields", "words"), [({"apiKey": "another"}, "Invalid api_key"), ({"services": []}, "No such service_code")]
)
async def test_what_they_refuse_comes_back_with_their_reason(
    desk: Desk, formats: tuple[str, ...], fields: dict[str, Any], words: str
) -> None:
    desk.body.formats = formats
    await desk.save(serviceCode="999", **fields)
    case = await desk.forwarded()
    seen = await desk.seen(case)
    assert (seen["status"], seen["outcome"], seen["forwarded"]) == ("sorted", None, None)
    [row] = seen["forwardings"]
    assert (row["state"], row["failure"]) == ("refused", words)
    assert f"Область: не принято. {words}" in await desk.notes(case)
    assert len(await desk.city.rows(TOLD)) == 1, "the clerks are told"
    assert await desk.city.rows(DEAD) == []


async def test_the_clerks_find_it_in_their_inbox_of_notifications(desk: Desk) -> None:
    desk.body.says = [Said(status=400, body=b'[{"code": 400, "description": "out of our borders"}]')]
    await desk.forwarded()
    await desk.city.run_jobs(all_due=True)
    found = await desk.city.data("{ notifications { edges { node { text } } } }", as_=desk.clerk)
    texts = [edge["node"]["text"] for edge in found["notifications"]["edges"]]
    assert any("не удалось передать" in text or "could not be forwarded" in text for text in texts), texts


async def test_their_numbers_come_by_a_token(desk: Desk) -> None:
    desk.body.gives_tokens, desk.body.numbers_given = True, False
    case = await desk.forwarded()
    seen = await desk.seen(case)
    assert (seen["status"], seen["forwardings"][0]["state"]) == ("forwarding", "waiting")
    await desk.city.run_jobs(all_due=True)
    assert (await desk.seen(case))["status"] == "forwarding", "there is none yet"
    desk.body.numbers_given = True
    await desk.city.run_jobs(all_due=True)
    seen = await desk.seen(case)
    assert (seen["status"], seen["outcome"]) == ("closed", "forwarded")
    assert (seen["forwarded"]["number"], seen["forwardings"][0]["failure"]) == ("A-1", "")
    assert len(desk.body.posted) == 1


async def test_trouble_is_tried_again_under_one_key(desk: Desk) -> None:
    desk.body.says = [
        Said(status=500, body=b"<html>oops</html>", taken=True),
        Said(status=200, body=b"<html>a page of a proxy</html>"),
        Said(status=200, body=b"[[[[", headers={"Content-Encoding": "gzip"}),
        Said(status=302, headers={"Location": "http://169.254.169.254/"}),
        Said(status=200, body=b"x" * (2 * 1024 * 1024)),
    ]
    case = await desk.forwarded()
    [row] = (await desk.seen(case))["forwardings"]
    assert (row["state"], row["attempts"], row["failure"]) == ("sending", 1, "an error of its own")
    for _ in range(5):
        await desk.city.run_jobs(all_due=True)
    seen = await desk.seen(case)
    assert (seen["status"], len(desk.body.requests), len(desk.body.posted)) == ("closed", 1, 6)
    assert len({key for key, _ in desk.body.posted}) == 1
    # They do not say that they knew the key, so it is in doubt whether they took it once.
    assert "twice" in seen["forwardings"][0]["failure"]


async def test_who_is_busy_is_left_alone_for_as_long_as_they_ask(desk: Desk) -> None:
    desk.body.says = [Said(status=429, headers={"Retry-After": "120"})]
    case = await desk.forwarded()
    [job] = await desk.city.rows(
        "select attempts, run_at > now() + interval '90 seconds' as later from job"
        " where tenant_id = $1 and name = 'city_problems.forward'"
    )
    assert (job["attempts"], job["later"]) == (0, True)
    await desk.city.run_jobs(all_due=True)
    seen = await desk.seen(case)
    assert (seen["status"], seen["forwardings"][0]["failure"]) == ("closed", "")


async def test_after_the_last_attempt_the_case_is_back_and_the_letter_dead(desk: Desk) -> None:
    desk.body.says = [Said(status=503 if place % 2 else 500) for place in range(2 * ATTEMPTS)]
    case = await desk.forwarded()
    for _ in range(ATTEMPTS - 1):
        assert (await desk.seen(case))["status"] == "forwarding"
        await desk.city.run_jobs(all_due=True)
    seen = await desk.seen(case)
    assert (seen["status"], seen["forwardings"][0]["state"]) == ("sorted", "refused")
    assert seen["forwardings"][0]["attempts"] == ATTEMPTS
    assert [row["last_error"] for row in await desk.city.rows(DEAD)] == ["server_error"]


async def test_an_address_inside_is_not_asked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    case = await desk.reported()
    await desk.forward(case)
    monkeypatch.setenv("LEANCITY_OUTGOING_PRIVATE", "")
    await desk.city.run_jobs()
    seen = await desk.seen(case)
    assert (seen["status"], desk.body.posted) == ("sorted", [])
    assert seen["forwardings"][0]["failure"].startswith("адрес ведёт в закрытую сеть")


async def test_a_report_that_was_recalled_is_not_sent(desk: Desk) -> None:
    case = await desk.reported()
    await desk.forward(case)
    empty = await desk.town.do(desk.clerk, f'cityProblemsRecall(id: "{case}", note: " ")')
    assert [(error["field"], error["code"]) for error in empty["errors"]] == [("note", "required")]
    done = await desk.town.do(desk.clerk, f'cityProblemsRecall(id: "{case}", note: "ours after all")')
    assert (done["errors"], done["report"]["status"]) == ([], "sorted")
    await desk.city.run_jobs()
    assert desk.body.posted == []
    assert (await desk.seen(case))["forwardings"][0]["state"] == "recalled"
    again = await desk.forward(case)
    assert again["errors"] == []
    await desk.city.run_jobs()
    assert [row["state"] for row in (await desk.seen(case))["forwardings"]] == ["there", "recalled"]


async def test_a_report_recalled_while_it_was_being_sent_is_told_to_be_there(desk: Desk) -> None:
    case = await desk.reported()
    await desk.forward(case)

    def recall() -> None:
        import asyncio

        query = f'mutation {{ cityProblemsRecall(id: "{case}", note: "ours after all") {{ errors {{ code }} }} }}'
        asyncio.run(desk.city.data(query, as_=desk.clerk))

    desk.body.before_answering.append(recall)
    await desk.city.run_jobs()
    seen = await desk.seen(case)
    assert (seen["status"], seen["outcome"]) == ("sorted", None), "the clerk's word on the case holds"
    assert (seen["forwardings"][0]["state"], seen["forwardings"][0]["number"]) == ("there", "A-1")
    query = f'{{ case(id: "{case}") {{ comments {{ visibility body }} }} }}'
    [comment] = (await desk.city.data(query, as_=desk.clerk))["case"]["comments"]
    assert comment["visibility"].lower() == "internal"
    assert comment["body"] == "Отозвано слишком поздно: Область — сообщение уже там, № A-1"


async def test_an_endpoint_that_was_switched_off_meanwhile_gets_nothing(desk: Desk) -> None:
    case = await desk.reported()
    await desk.forward(case)
    await desk.save(isActive=False)
    await desk.city.run_jobs()
    assert (desk.body.posted, (await desk.seen(case))["status"]) == ([], "sorted")


async def test_nothing_of_a_person_lies_in_jobs_or_in_the_audit_log(desk: Desk) -> None:
    desk.body.says = [Said(status=500, body="Ирине 8 914 123-45-67".encode())]
    case = await desk.reported(
        text="Яма у дома", mayShare=True, reporterName="Ирина", reporterPhone="+7 914 123-45-67", address="Мира, 77"
    )
    await desk.forward(case)
    await desk.city.run_jobs()
    kept = [tuple(row) for row in await desk.city.rows(JOBS)]
    kept += [tuple(row) for row in await desk.city.rows("select data from audit_event where tenant_id = $1")]
    written = json.dumps(kept, default=str, ensure_ascii=False)
    assert "city_problems" in written or "core" in written or "forwarding" in written
    for private in ("Ирин", "9141234567", "123-45-67", "Мира", "Яма", KEY):
        assert private not in written
