"""A resident signs in by a code that was sent to an e-mail address: the whole way, and all that is no way."""

from __future__ import annotations

import asyncio
import secrets
import uuid
from typing import Any

import pytest

from leancity.core.errors import Refused
from leancity.core.http.client import Client, asked_by
from leancity.core.identity.accounts import deactivate_person
from leancity.core.identity.code_rows import TRIES, code_of
from leancity.core.identity.codes import JOB, request_code, sign_in_by_code
from leancity.core.identity.recovery import PER_ACCOUNT, PER_ADDRESS
from leancity.core.identity.service import create_user
from leancity.core.jobs.registry import jobs
from leancity.core.plugins.manager import installed_modules
from leancity.core.settings.service import change_settings
from leancity.core.testing.city import USER_PASSWORD, City
from leancity.core.testing.mailbox import Mailbox
from tests.core.identity.browser import Browser, codes
from tests.core.identity.test_links import CONFIRM, FORGOTTEN, RESET, register

ASK = "mutation ($address: String!) { signInCodeRequest(address: $address) { errors { field code message } } }"
ENTER = """mutation ($address: String!, $code: String!, $name: String! = "") {
  signInByCode(address: $address, code: $code, name: $name) {
    errors { field code message } viewer { id name isResident permissions } } }"""
CHANGE = "mutation ($a: String!, $b: String!) { passwordChange(current: $a, new: $b) { errors { field code } } }"
TOTP = "mutation ($a: String!) { totpBegin(password: $a) { errors { field code } } }"
CODES = 'select id, key, address, "left" from sign_in_code where tenant_id = $1'
PEOPLE = "select id, login, name, kind, email, phone, locale, password_hash from user_account where tenant_id = $1"
NEW = "a better horse"


def address() -> str:
    return f"somebody-{secrets.token_hex(4)}@example.org"


async def ask(city: City, to: str) -> Any:
    """Ask for a code and let the jobs run; return the payload."""
    payload = await Browser(city).do(ASK, address=to)
    await city.run_jobs()
    return payload


async def enter(city: City, to: str, code: str, *, name: str = "", browser: Browser | None = None) -> Any:
    return await (browser or Browser(city)).do(ENTER, address=to, code=code, name=name)


async def guess(city: City) -> str:
    """Return the code that would be right, which nobody was sent."""
    async with city.serving():
        (row,) = await city.rows(CODES)
        return code_of(row["id"])


def other(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


async def sessions(city: City) -> int:
    return len(await city.rows("select 1 from credential where tenant_id = $1 and kind = 'session'"))


async def test_a_stranger_signs_in_and_comes_back_to_the_same_account(city: City, mailbox: Mailbox) -> None:
    to, browser = address(), Browser(city)
    assert await ask(city, f"  {to.upper()} ") == {"errors": []}
    (letter,) = mailbox.to(to)
    assert letter["Subject"] == f"{city.tenant.title}: your code to sign in", "the subject tells no code"
    code = mailbox.code(to)
    entered = await enter(city, to, f" {code[:3]} {code[3:]}", name=" Нина  Береговая ", browser=browser)
    assert entered["errors"] == []
    assert (entered["viewer"]["name"], entered["viewer"]["isResident"]) == ("Нина Береговая", True)
    assert entered["viewer"]["permissions"] == []
    assert await browser.is_signed_in()
    (row,) = await city.rows(PEOPLE)
    assert (row["login"], row["email"], row["phone"], row["kind"]) == (to, to, "", "resident")
    assert (row["locale"], row["password_hash"]) == ("en", "")
    assert codes(await enter(city, to, code)) == ["code_dead"], "once"

    await ask(city, to)
    assert (again := mailbox.code(to)) != code
    assert (await enter(city, to, again, name="Another"))["viewer"] == entered["viewer"], "whose name stays"
    actions = await city.rows("select action, subject_id from audit_event where tenant_id = $1 and outcome = 'done'")
    told = [each["action"] for each in actions if each["subject_id"] == row["id"]]
    assert sorted(told) == [
        "core.session.opened",
        "core.session.opened",
        "core.sign_in_code.used",
        "core.sign_in_code.used",
        "core.user.created",
    ]
    assert len([each for each in actions if each["action"] == "core.sign_in_code.asked"]) == 2


async def test_neither_the_row_nor_the_outbox_nor_the_log_tells_whom_it_is_for(
    city: City, mailbox: Mailbox, capfd: pytest.CaptureFixture[str]
) -> None:
    to = address()
    await Browser(city).do(ASK, address=to)
    (row,) = await city.rows(CODES)
    assert len(row["key"]) == 64 and to not in row["address"]
    (waiting,) = await city.rows("select * from job where tenant_id = $1 and name = $2", JOB)
    assert waiting["payload"] == f'{{"code_id": "{row["id"]}"}}' and waiting["queue"] == "interactive"
    mailbox.refuses = f"450 {to} is full"
    await city.run_jobs()
    (failed,) = await city.rows("select * from job where tenant_id = $1 and name = $2", JOB)
    assert (failed["state"], failed["last_error"]) == ("waiting", "MailFailed")
    mailbox.refuses = ""
    await city.run_jobs(all_due=True)
    code = mailbox.code(to)
    (done,) = await city.rows("select * from job where tenant_id = $1 and name = $2", JOB)
    logged = str(await city.rows("select * from audit_event where tenant_id = $1"))
    told = "".join(capfd.readouterr()) + str(done) + str(failed) + logged
    assert "job failed" in told and to not in told and code not in told


async def test_a_letter_that_will_never_be_taken_is_given_up(city: City, mailbox: Mailbox) -> None:
    mailbox.refuses = "550 no such user"
    await ask(city, address())
    (job,) = await city.rows("select state, last_error from job where tenant_id = $1 and name = $2", JOB)
    assert (job["state"], job["last_error"]) == ("dead", "SMTPDataError, code 550")


async def test_a_wrong_code_says_how_many_tries_are_left_and_the_last_one_ends_it(city: City, mailbox: Mailbox) -> None:
    to = address()
    await ask(city, to)
    code = mailbox.code(to)
    for left in range(TRIES - 1, 0, -1):
        (error,) = (await enter(city, to, other(code)))["errors"]
        assert (error["field"], error["code"]) == ("code", "code_wrong")
        assert error["message"] == f"The code is wrong. Tries left: {left}"
    for typed in (other(code), code):
        assert codes(await enter(city, to, typed)) == ["code_dead"]
    assert await city.rows(PEOPLE) == [] and await sessions(city) == 0
    await ask(city, to)
    assert codes(await enter(city, to, code)) == ["code_wrong"], "the code before opens nothing"
    assert codes(await enter(city, to, mailbox.code(to))) == []


async def test_a_code_is_for_its_address_its_city_and_a_quarter_of_an_hour(
    city: City, another_city: City, mailbox: Mailbox
) -> None:
    to = address()
    await ask(city, to)
    code = mailbox.code(to)
    assert codes(await enter(city, address(), code)) == ["code_dead"]
    assert codes(await enter(another_city, to, code)) == ["code_dead"]
    await city.rows("update sign_in_code set expires_at = now() where tenant_id = $1 returning 1")
    assert codes(await enter(city, to, code)) == ["code_dead"]
    await ask(city, address())
    assert len(await city.rows(CODES)) == 1, "what is over goes"


async def test_what_is_over_is_not_sent(city: City, mailbox: Mailbox) -> None:
    to = address()
    await Browser(city).do(ASK, address=to)
    await city.rows("update sign_in_code set expires_at = now() where tenant_id = $1 returning 1")
    await city.run_jobs()
    assert mailbox.letters == []


@pytest.mark.parametrize(
    ("to", "code"),
    [
        (" ", "required"),
        ("x@example", "email_invalid"),
        ("x@example.org\r\nBcc: y@example.org", "email_invalid"),
        ("a•••@example.org", "masked_value"),
        ("+7 ••• •••-••-00", "masked_value"),
        ("'; drop table sign_in_code; --", "address_invalid"),
        ("{{7*7}}\0", "address_invalid"),
        ("112", "address_invalid"),
        ("8 800 123-45-67", "address_invalid"),
        ("+7 4242 72-00-00", "address_invalid"),
        ("+7 924 000-00-000", "address_invalid"),
        ("9" * 5000, "address_invalid"),
    ],
)
async def test_what_is_no_address_is_refused(city: City, to: str, code: str) -> None:
    for query, more in ((ASK, {}), (ENTER, {"code": "000000"})):
        (error,) = (await Browser(city).do(query, address=to, **more))["errors"]
        assert (error["field"], error["code"]) == ("address", code)
    assert await city.rows(CODES) == []


async def test_what_is_no_code_and_no_name_is_refused_before_a_try_is_counted(city: City, mailbox: Mailbox) -> None:
    to = address()
    await ask(city, to)
    for code, name, field, why in (
        (" ", "", "code", "required"),
        ("000000", "x" * 201, "name", "too_long"),
        ("000000", "П••• Д•••", "name", "masked_value"),
    ):
        (error,) = (await enter(city, to, code, name=name))["errors"]
        assert (error["field"], error["code"]) == (field, why)
    (row,) = await city.rows(CODES)
    assert row["left"] == TRIES
    for code in ("٠١٢٣٤٥", "0" * 100_000, "' or 1=1 --", "\0{{7*7}}"):
        assert codes(await enter(city, to, code)) == ["code_wrong"]


async def test_of_two_at_once_one_is_in(city: City, mailbox: Mailbox) -> None:
    to = address()
    await ask(city, to)
    code = mailbox.code(to)
    answers = await asyncio.gather(*(enter(city, to, code) for _ in range(TRIES)))
    assert sorted(codes(each) for each in answers) == [[], *[["code_dead"]] * (TRIES - 1)]
    assert len(await city.rows(PEOPLE)) == 1 and await sessions(city) == 1


async def test_two_who_ask_at_once_make_one_code(city: City, mailbox: Mailbox) -> None:
    to = address()
    await asyncio.gather(*(Browser(city).do(ASK, address=to) for _ in range(3)))
    await city.run_jobs()
    assert len(mailbox.to(to)) == 1, "of those before it nothing is sent"
    assert codes(await enter(city, to, mailbox.code(to))) == []


async def test_an_address_is_sent_few_codes_and_who_asks_too_much_is_told(city: City, mailbox: Mailbox) -> None:
    to = address()
    for _ in range(PER_ACCOUNT.tries + 1):
        assert await ask(city, to) == {"errors": []}, "that somebody gets too many stays untold"
    assert len(mailbox.to(to)) == PER_ACCOUNT.tries
    assert codes(await enter(city, to, mailbox.code(to))) == [], "the last one that was sent still opens"
    async with city.serving(as_stranger=True):
        for number in range(PER_ADDRESS.tries):
            with asked_by(Client(address="192.0.2.7")):
                await request_code(f"{number}-{address()}")
        with asked_by(Client(address="192.0.2.7")), pytest.raises(Refused) as refused:
            await request_code(address())
        assert [each.code for each in refused.value.problems] == ["too_many_requests"]
        with asked_by(Client(address="192.0.2.8")):
            await request_code(address())


async def test_who_guesses_is_locked_out_and_the_password_stays_usable(city: City, mailbox: Mailbox) -> None:
    to = address()
    await register(city, to)
    await city.run_jobs()
    await Browser(city).do(CONFIRM, key=mailbox.key(to), password=USER_PASSWORD)
    found = []
    for _ in range(3):
        await ask(city, to)
        found += [codes(await enter(city, to, other(mailbox.code(to)))) for _ in range(TRIES)]
    assert found[9:] == [["code_dead"], *[["sign_in_locked"]] * 5]
    assert codes(await Browser(city).sign_in(to)) == []


async def test_a_resident_with_a_password_is_let_in_by_address(city: City, mailbox: Mailbox) -> None:
    to = address()
    await register(city, to)  # not confirmed: it claims nothing
    await ask(city, to)
    entered = await enter(city, to, mailbox.code(to), name="Пётр")
    assert codes(entered) == []
    assert codes(await Browser(city).do(CONFIRM, key=_key_of_registration(mailbox, to), password=USER_PASSWORD)) == [
        "link_invalid"
    ], "who only claimed to read the address gets no account of it"
    other_address = address()
    await register(city, other_address)
    await city.run_jobs()
    await Browser(city).do(CONFIRM, key=mailbox.key(other_address), password=USER_PASSWORD)
    await ask(city, other_address)
    browser = Browser(city)
    assert codes(await enter(city, other_address, mailbox.code(other_address), browser=browser)) == []
    assert codes(await Browser(city).sign_in(other_address)) == []
    assert len(await city.rows(PEOPLE)) == 3  # with the registration that nobody confirmed


def _key_of_registration(mailbox: Mailbox, to: str) -> str:
    (letter,) = [each for each in mailbox.to(to) if "#" in each.get_content()]
    return str(letter.get_content()).partition("#")[2].split()[0]


@pytest.mark.parametrize("who", ["staff", "staff by e-mail", "second factor", "inactive"])
async def test_an_account_that_is_not_for_codes_is_told_so_by_mail_and_no_code_opens_it(
    city: City, mailbox: Mailbox, who: str
) -> None:
    to = address()
    if who == "staff by e-mail":
        user_id, change = (await city.user("core.person.read")).id, f"email = '{to}'"
    else:
        user_id = await _resident(city, to)
        change = {"staff": "kind = 'staff'", "second factor": "totp_confirmed_at = now()", "inactive": ""}[who]
    if change:
        await city.rows(f"update user_account set {change} where tenant_id = $1 and id = $2 returning 1", user_id)
    else:
        async with city.serving():
            await deactivate_person(user_id)
    before = await sessions(city)
    assert await ask(city, to) == await ask(city, address()) == {"errors": []}
    (letter,) = mailbox.to(to)
    assert letter["Subject"] == f"{city.tenant.title}: no code for your account"
    assert "password" in letter.get_content()
    rows = await city.rows(CODES)
    async with city.serving():
        guessed = [code_of(row["id"]) for row in rows]
    answers = [codes(await enter(city, to, each)) for each in guessed]
    assert answers == [["code_wrong"]] * 2, "the right guess is as wrong as the others"
    assert await sessions(city) == before and len(await city.rows(PEOPLE)) == 1


async def _resident(city: City, to: str) -> uuid.UUID:
    async with city.serving():
        return await create_user(to, "Нина", USER_PASSWORD, email=to, kind="resident")


async def test_where_residents_do_not_register_only_who_is_known_gets_in(city: City, mailbox: Mailbox) -> None:
    known, unknown = address(), address()
    await _resident(city, known)
    async with city.serving():
        await change_settings(installed_modules(), "core", {"residents_may_register": False})
    assert await ask(city, unknown) == await ask(city, known) == {"errors": []}
    (letter,) = mailbox.to(unknown)
    assert letter["Subject"] == f"{city.tenant.title}: no account has this address"
    assert codes(await enter(city, known, mailbox.code(known))) == []
    assert codes(await enter(city, unknown, await guess(city))) == ["code_wrong"]
    assert len(await city.rows(PEOPLE)) == 1


async def test_whoever_asks_the_same_is_done_in_the_request(city: City, mailbox: Mailbox) -> None:
    staff, to = await city.user("core.person.read"), address()
    done: list[list[Any]] = []
    for each in (f"{staff.login}@example.org", to):
        await Browser(city).do(ASK, address=each)
        rows = await city.rows("select action, outcome, subject from audit_event where tenant_id = $1 order by at")
        waiting = await city.rows("select name from job where tenant_id = $1 and name = $2 and state = 'waiting'", JOB)
        done.append([[tuple(row) for row in rows[-1:]], len(waiting), len(await city.rows(CODES))])
        await city.run_jobs()
    assert done[0][:2] == done[1][:2] and done[0][2] + 1 == done[1][2]


async def test_who_has_no_password_changes_none_and_sets_the_first_by_a_mailed_link(
    city: City, mailbox: Mailbox
) -> None:
    to, browser = address(), Browser(city)
    await ask(city, to)
    await enter(city, to, mailbox.code(to), browser=browser)
    assert codes(await Browser(city).sign_in(to, "")) == ["sign_in_failed"]
    assert await browser.do(CHANGE, a="", b=NEW) == {"errors": [{"field": "current", "code": "password_unset"}]}
    assert await browser.do(TOTP, a="") == {"errors": [{"field": "password", "code": "password_unset"}]}
    await Browser(city).do(FORGOTTEN, who=to)
    await city.run_jobs()
    assert codes(await Browser(city).do(RESET, key=mailbox.key(to), password=NEW)) == []
    assert not await browser.is_signed_in(), "a new password closes the sessions"
    assert codes(await Browser(city).sign_in(to, NEW)) == []


async def test_erasing_takes_the_codes_along(city: City, mailbox: Mailbox) -> None:
    officer, to = await city.user("core.person.erase"), address()
    for each in (to, address()):
        await Browser(city).do(ASK, address=each)
    erase = 'mutation ($email: String!) { personErase(email: $email, reason: "No. 1") { errors { code } } }'
    assert (await city.data(erase, {"email": to.upper()}, as_=officer))["personErase"] == {"errors": []}
    await city.run_jobs()
    assert len(await city.rows(CODES)) == 1
    await enter(city, to, "000000")
    await ask(city, to)
    entered = await enter(city, to, mailbox.code(to))
    await ask(city, to)
    erase = 'mutation ($id: UUID!) { personErase(personId: $id, reason: "No. 2") { errors { code } } }'
    await city.data(erase, {"id": entered["viewer"]["id"]}, as_=officer)
    await city.run_jobs()
    assert len(await city.rows(CODES)) == 1
    (row,) = await city.rows(PEOPLE + " and id = $2", uuid.UUID(entered["viewer"]["id"]))
    assert (row["email"], row["login"]) == ("", f"erased-{row['id']}")


async def test_a_refused_sign_in_is_in_the_audit_log_without_the_address(city: City, mailbox: Mailbox) -> None:
    to = address()
    await ask(city, to)
    async with city.serving(as_stranger=True):
        with pytest.raises(Refused):
            await sign_in_by_code(to, other(mailbox.code(to)))
    query = "select outcome, actor_kind, data from audit_event where tenant_id = $1 and action = 'core.session.open'"
    (row,) = await city.rows(query)
    assert (row["outcome"], row["actor_kind"]) == ("refused", "stranger") and to not in str(row["data"])


def test_the_job_names_nobody() -> None:
    assert jobs()[JOB].is_private and jobs()[JOB].is_outside
