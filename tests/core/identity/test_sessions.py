"""One's sessions: seen, closed, ended by a new password and by nobody's using them."""

from __future__ import annotations

from leancity.core.testing.city import USER_PASSWORD, City
from tests.core.identity.browser import Browser, codes

MINE = "{ mySessions { id createdAt usedAt browser isCurrent } }"
CLOSE = "mutation ($id: UUID!) { sessionClose(id: $id) { errors { field code } closed } }"
CLOSE_OTHERS = "mutation { sessionsCloseOthers { errors { code } closed } }"
CHANGE = """mutation ($current: String!, $new: String!) {
  passwordChange(current: $current, new: $new) { errors { field code } } }"""
NEW = "a better horse"


async def test_seen_and_closed(city: City, another_city: City) -> None:
    user = await city.user()
    here, there, elsewhere = Browser(city), Browser(city), Browser(city)
    for browser in (here, there, elsewhere):
        await browser.sign_in(user.login)
    mine = await here.do(MINE)
    assert [session["isCurrent"] for session in mine].count(True) == 1
    assert {session["browser"] for session in mine} == {"Firefox, Linux"}
    (current,) = [session for session in await there.do(MINE) if session["isCurrent"]]
    assert (await here.do(CLOSE, id=current["id"]))["errors"] == []
    assert [await browser.is_signed_in() for browser in (here, there, elsewhere)] == [True, False, True]
    assert codes(await here.do(CLOSE, id=current["id"])) == ["not_found"], "it is gone"

    other = await city.user()
    theirs = await Browser(city).sign_in(other.login)
    assert theirs["errors"] == []
    foreign = await city.rows("select id from credential where tenant_id = $1 and user_id = $2", other.id)
    for row in foreign:
        assert codes(await here.do(CLOSE, id=str(row["id"]))) == ["not_found"], "another person's is not there"
    abroad = Browser(another_city)
    stranger = await another_city.user()
    await abroad.sign_in(stranger.login)
    (session,) = await abroad.do(MINE)
    assert codes(await here.do(CLOSE, id=session["id"])) == ["not_found"]

    assert (await here.do(CLOSE_OTHERS))["closed"] == 1
    assert [await browser.is_signed_in() for browser in (here, elsewhere)] == [True, False]
    assert len(await here.do(MINE)) == 1


async def test_a_new_password_closes_all_others_and_gives_this_one_a_new_secret(city: City) -> None:
    user, here, there = await city.user(), Browser(city), Browser(city)
    await here.sign_in(user.login)
    await there.sign_in(user.login)
    stolen = Browser(city, here.cookie)
    assert (await here.do(CHANGE, current="wrong", new=NEW))["errors"] == [
        {"field": "current", "code": "password_wrong"}
    ]
    for new, code in (("short", "password_too_short"), (user.login, "password_is_name"), ("x" * 1001, "too_long")):
        refused = await here.do(CHANGE, current=USER_PASSWORD, new=new)
        assert refused["errors"] == [{"field": "new", "code": code}]
    assert await there.is_signed_in() is True
    assert codes(await here.do(CHANGE, current=USER_PASSWORD, new=NEW)) == []
    assert here.cookie != stolen.cookie
    assert [await browser.is_signed_in() for browser in (here, there, stolen)] == [True, False, False]
    assert codes(await Browser(city).sign_in(user.login)) == ["sign_in_failed"]
    assert codes(await Browser(city).sign_in(user.login, NEW)) == []


async def test_guessing_the_present_password_of_an_open_browser_locks_too(city: City) -> None:
    user, here = await city.user(), Browser(city)
    await here.sign_in(user.login)
    answers = [code for _ in range(11) for code in codes(await here.do(CHANGE, current="wrong", new=NEW))]
    assert answers == ["password_wrong"] * 10 + ["sign_in_locked"]


async def test_a_session_that_nobody_uses_ends_after_two_hours(city: City) -> None:
    user, here = await city.user(), Browser(city)
    await here.sign_in(user.login)
    assert await here.is_signed_in() is True
    read = "select used_at, created_at from credential where tenant_id = $1 and kind = 'session'"
    (row,) = await city.rows(read)
    assert row["used_at"] >= row["created_at"]
    await here.is_signed_in()
    assert (await city.rows(read))[0]["used_at"] == row["used_at"], "written at most every five minutes"
    age = "update credential set {} where tenant_id = $1 and kind = 'session' returning 1"
    await city.rows(age.format("created_at = created_at - interval '119 min', used_at = null"))
    assert await here.is_signed_in() is True
    await city.rows(age.format("used_at = created_at - interval '2 min'"))
    assert await here.is_signed_in() is False


async def test_a_session_that_is_used_ends_after_twelve_hours(city: City) -> None:
    user, here = await city.user(), Browser(city)
    await here.sign_in(user.login)
    await city.rows("update credential set expires_at = now() where tenant_id = $1 and kind = 'session' returning 1")
    assert await here.is_signed_in() is False
    await here.sign_in(user.login)
    assert len(await city.rows("select 1 from credential where tenant_id = $1 and kind = 'session'")) == 1, "cleaned"


async def test_one_chooses_the_language_to_be_answered_in(city: City) -> None:
    user = await city.signed_in(await city.user())
    change = """mutation ($locale: String, $phone: String) {
      profileChange(locale: $locale, phone: $phone) { errors { field code } } }"""
    assert (await city.data(change, {"locale": "ru"}, as_=user))["profileChange"]["errors"] == []
    assert (await city.data("{ viewer { locale } }", as_=user, locale="en"))["viewer"]["locale"] == "ru"
    for wrong, code in (({"locale": "tlh"}, "locale_unknown"), ({"phone": "+7 ••• 12"}, "masked_value")):
        errors = (await city.data(change, wrong, as_=user))["profileChange"]["errors"]
        assert errors == [{"field": next(iter(wrong)), "code": code}]
