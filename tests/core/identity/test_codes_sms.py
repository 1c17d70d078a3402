"""A resident signs in by a code that was sent to a phone, through the operator's relay of text messages."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest

from leancity.core.errors import Refused
from leancity.core.identity.codes import JOB, request_code
from leancity.core.moment import now
from leancity.core.testing.city import City
from leancity.core.testing.phones import Phones
from leancity.core.testing.platform import SMS_TOKEN
from tests.core.identity.browser import Browser, codes
from tests.core.identity.test_codes import CODES, PEOPLE, ask, enter

TYPED, NUMBER = "8 (924) 123-45-67", "+79241234567"


async def job(city: City) -> Any:
    (row,) = await city.rows("select * from job where tenant_id = $1 and name = $2", JOB)
    return row


async def test_the_whole_way_by_phone(city: City, phones: Phones) -> None:
    browser = Browser(city)
    assert await ask(city, TYPED) == {"errors": []}
    (message,) = phones.messages
    code = phones.code(NUMBER)
    assert message == {
        "to": NUMBER,
        "text": f"{code} is your code to sign in, {city.tenant.title}. Tell it to nobody",
        "id": str((await job(city))["id"]),
    }
    assert phones.tokens == [f"Bearer {SMS_TOKEN}"]
    entered = await enter(city, NUMBER, code, name="Нина", browser=browser)
    assert entered["errors"] == [] and await browser.is_signed_in()
    (row,) = await city.rows(PEOPLE)
    assert (row["login"], row["phone"], row["email"], row["kind"]) == (NUMBER, NUMBER, "", "resident")
    await ask(city, "9241234567")
    assert (await enter(city, "+7 924 123 45 67", phones.code(NUMBER)))["viewer"] == entered["viewer"]


async def test_numbers_of_other_countries_are_taken(city: City, phones: Phones) -> None:
    await ask(city, "+380 50 123 4567")
    await ask(city, "+1 650 253 0000")
    assert [each["to"] for each in phones.messages] == ["+380501234567", "+16502530000"]


async def test_the_number_in_a_profile_lets_nobody_in(city: City, phones: Phones) -> None:
    somebody = await city.signed_in(await city.user())
    await city.rows(
        "update user_account set kind = 'resident' where tenant_id = $1 and id = $2 returning 1", somebody.id
    )
    changed = await city.data(f'mutation {{ profileChange(phone: "{NUMBER}") {{ errors {{ code }} }} }}', as_=somebody)
    assert changed == {"profileChange": {"errors": []}}
    await ask(city, NUMBER)
    entered = await enter(city, NUMBER, phones.code(NUMBER))
    assert entered["viewer"]["id"] != str(somebody.id), "whoever has typed a number there need not have it"


async def test_no_message_goes_to_an_account_that_is_not_for_codes(city: City, phones: Phones) -> None:
    await ask(city, NUMBER)
    await enter(city, NUMBER, phones.code(NUMBER))
    await city.rows("update user_account set totp_confirmed_at = now() where tenant_id = $1 returning 1")
    assert await ask(city, NUMBER) == {"errors": []}
    assert len(phones.messages) == 1
    assert [
        row["state"] for row in await city.rows("select state from job where tenant_id = $1 and name = $2", JOB)
    ] == (["done", "done"])


@pytest.mark.parametrize("status", [500, 503, 408, 302])
async def test_what_the_relay_does_not_take_now_is_tried_again_under_the_same_id(
    city: City, phones: Phones, status: int
) -> None:
    phones.status, phones.headers = status, {"Location": "http://127.0.0.1:1/elsewhere"}
    await ask(city, NUMBER)
    row = await job(city)
    assert (row["state"], row["attempts"], row["last_error"]) == ("waiting", 1, "SmsFailed")
    phones.status = 200
    await city.run_jobs(all_due=True)
    assert [each["id"] for each in phones.messages] == [str(row["id"])]
    assert (await job(city))["state"] == "done"


@pytest.mark.parametrize("status", [400, 401, 404, 422])
async def test_what_the_relay_refuses_for_good_is_given_up(city: City, phones: Phones, status: int) -> None:
    phones.status = status
    await ask(city, NUMBER)
    row = await job(city)
    assert row["state"] == "dead" and row["last_error"] == f"the relay of messages refused it, status {status}"


@pytest.mark.parametrize(("said", "seconds"), [("7", 7), ("", 30), ("soon", 30), ("99999", 300)])
async def test_a_relay_that_has_enough_is_waited_for(city: City, phones: Phones, said: str, seconds: int) -> None:
    phones.status, phones.headers = 429, {"Retry-After": said} if said else {}
    before = now()
    await ask(city, NUMBER)
    row = await job(city)
    run_at: datetime = row["run_at"]
    assert (row["state"], row["attempts"]) == ("waiting", 0)
    assert before + timedelta(seconds=seconds) <= run_at <= now() + timedelta(seconds=seconds)


async def test_without_a_relay_running_it_waits_and_tells_nothing(
    city: City, capfd: pytest.CaptureFixture[str]
) -> None:
    await ask(city, NUMBER)
    row = await job(city)
    assert (row["state"], row["attempts"], row["last_error"]) == ("waiting", 1, "SmsFailed")
    told = "".join(capfd.readouterr()) + str(row)
    assert "job failed" in told and NUMBER not in told


async def test_where_no_relay_is_named_a_phone_is_refused(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEANCITY_SMS_URL")
    async with city.serving(as_stranger=True):
        with pytest.raises(Refused) as refused:
            await request_code(TYPED)
    (problem,) = refused.value.problems
    assert (problem.field, problem.code) == ("address", "sms_unconfigured")
    assert await city.rows(CODES) == []


async def test_without_a_token_none_is_sent(city: City, phones: Phones, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEANCITY_SMS_TOKEN")
    await ask(city, NUMBER)
    assert phones.tokens == [""] and len(phones.to(NUMBER)) == 1


async def test_erasing_a_person_by_phone_takes_the_code_along(city: City, phones: Phones) -> None:
    officer = await city.user("core.person.erase")
    await ask(city, NUMBER)
    entered = await enter(city, NUMBER, phones.code(NUMBER))
    assert codes(entered) == []
    await ask(city, NUMBER)
    erase = """mutation ($id: UUID, $phone: String!) {
      personErase(personId: $id, phone: $phone, reason: "1") { errors { code } } }"""
    for asked in ({"phone": "8 924 123 45 67"}, {"phone": "", "id": entered["viewer"]["id"]}):
        assert (await city.data(erase, asked, as_=officer))["personErase"] == {"errors": []}
        await city.run_jobs()
        assert await city.rows(CODES) == []
        await ask(city, NUMBER)
    (row,) = await city.rows(PEOPLE + " and id = $2", uuid.UUID(entered["viewer"]["id"]))
    assert (row["phone"], row["login"]) == ("", f"erased-{row['id']}")
