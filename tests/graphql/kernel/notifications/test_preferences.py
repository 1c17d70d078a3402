"""What people switch off, put off and leave; quiet hours and digests."""

from __future__ import annotations

import re
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

from leancity.core.moment import now
from tests.graphql.kernel.notifications.desk import Desk

MINE = """{ notificationPreferences { keys { key title isMandatory channels { channel mode } }
  schedule { zone quietFrom quietTo digestHour digestWeekday } } }"""


async def preferences(desk: Desk, of: Any) -> dict[str, Any]:
    data: dict[str, Any] = (await desk.city.data(MINE, as_=of))["notificationPreferences"]
    return data


def way_out(letter: EmailMessage) -> str:
    """Return the path of a letter's link that stops its like, as a mail program reads it."""
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found = re.fullmatch(r"<(https://\S+)>", letter["List-Unsubscribe"])
    assert found is not None, letter["List-Unsubscribe"]
    return urlsplit(found[1]).path


async def test_each_sees_the_keys_that_could_reach_them(desk: Desk) -> None:
    of_resident = {each["key"] for each in (await preferences(desk, desk.resident))["keys"]}
    kernels = {key for key in of_resident if key.startswith("core.")}
    assert kernels == {"core.registered", "core.moved", "core.closed", "core.reopened", "core.answered"}
    assert "city_problems.closed_followed" in of_resident and "city_problems.reopened_unit" not in of_resident
    mine = await preferences(desk, desk.clerk)
    by_key = {each["key"]: each for each in mine["keys"]}
    assert {"core.assigned", "core.offered", "core.escalated", "core.closed"} <= by_key.keys()
    assert by_key["core.assigned"] == {
        "key": "core.assigned",
        "title": "A case is assigned to me",
        "isMandatory": False,
        "channels": [{"channel": "INAPP", "mode": "AT_ONCE"}, {"channel": "EMAIL", "mode": "AT_ONCE"}],
    }
    assert mine["schedule"] == {
        "zone": None,
        "quietFrom": None,
        "quietTo": None,
        "digestHour": 9,
        "digestWeekday": None,
    }
    nobody = await desk.city.graphql(MINE)
    assert nobody["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"


async def test_what_is_switched_off_is_not_told(desk: Desk) -> None:
    assert await desk.prefer(desk.clerk, ("core.assigned", "EMAIL", "OFF")) == []
    await desk.assigned()
    assert len(await desk.told(desk.clerk)) == 1
    assert await desk.letters(desk.clerk) == []
    assert await desk.fates(desk.clerk) == [("skipped", "unsubscribed")]
    assert await desk.prefer(desk.clerk, ("core.assigned", "EMAIL", "AT_ONCE"), ("core.assigned", "INAPP", "OFF")) == []
    await desk.assigned()
    assert len(await desk.told(desk.clerk)) == 1, "the list did not grow"
    assert len(await desk.letters(desk.clerk)) == 1
    assert await desk.fates(desk.clerk, "INAPP") == [("sent", ""), ("skipped", "unsubscribed")]


async def test_what_does_not_fit_is_refused_field_by_field(desk: Desk) -> None:
    errors = await desk.prefer(
        desk.clerk,
        ("core.escalated", "EMAIL", "OFF"),
        ("core.nothing", "EMAIL", "OFF"),
        ("core.assigned", "INAPP", "DIGEST"),
        ("core.commented", "EMAIL", "OFF"),
        zone="Mars/Olympus",
        quietFrom="22:00",
        digestHour=24,
        digestWeekday=7,
    )
    assert [(each["field"], each["code"]) for each in errors] == [
        ("modes.0.mode", "notification_mandatory"),
        ("modes.1.key", "not_found"),
        ("modes.2.mode", "case_choice_unknown"),
        ("modes.3.channel", "case_choice_unknown"),
        ("schedule.zone", "notification_zone_unknown"),
        ("schedule.quietTo", "required"),
        ("schedule.digestHour", "notification_hours_invalid"),
        ("schedule.digestWeekday", "notification_hours_invalid"),
    ]
    assert await desk.city.rows("select 1 from notification_preference where tenant_id = $1") == []
    by_token = await desk.city.graphql(
        "mutation { notificationPreferencesChange(modes: []) { errors { code } } }", as_=desk.clerk
    )
    assert by_token["errors"][0]["extensions"]["code"] == "FORBIDDEN", "one's own account takes a session"


async def test_a_mandatory_letter_can_neither_be_left_nor_put_off(desk: Desk) -> None:
    reminded = await desk.person(role="city_problems.clerk")
    off = "insert into notification_preference (tenant_id, id, user_id, key, channel, mode)"
    off += " values ($1, gen_random_uuid(), $2, 'core.escalated', 'email', 'off') returning 1"
    await desk.city.rows(off, reminded.id)
    await desk.prefer(reminded, quietFrom="00:00", quietTo="23:59")
    await desk.assigned()
    await desk.city.rows("update case_escalation set at = $2 where tenant_id = $1 returning id", now())
    await desk.its_time_comes("core.case_escalate")
    (letter,) = await desk.letters(reminded)
    assert letter["List-Unsubscribe"] is None and letter["List-Unsubscribe-Post"] is None


async def test_in_quiet_hours_letters_wait_for_their_end(desk: Desk) -> None:
    local = now().astimezone(desk.city.tenant.zone_info)
    begun, ends = local - timedelta(hours=1), local + timedelta(hours=2)
    await desk.prefer(desk.clerk, quietFrom=begun.strftime("%H:%M"), quietTo=ends.strftime("%H:%M"))
    await desk.assigned()
    assert await desk.letters(desk.clerk) == []
    assert await desk.fates(desk.clerk) == [("waiting", "quiet_hours")]
    assert len(await desk.told(desk.clerk)) == 1, "the list is quiet by itself"
    ((due_at, run_at),) = await desk.city.rows(
        "select d.due_at, j.run_at from notification_delivery d join job j on j.tenant_id = $1"
        " and j.name = 'core.send_notification' where d.tenant_id = $1 and d.channel = 'email'"
    )
    assert due_at == run_at == ends.replace(second=0, microsecond=0)
    assert await desk.its_time_comes("core.send_notification") == 1
    assert len(await desk.letters(desk.clerk)) == 1
    assert await desk.fates(desk.clerk) == [("sent", "")]


async def test_a_digest_tells_in_one_letter_what_was_not_read_meanwhile(desk: Desk) -> None:
    await desk.prefer(desk.clerk, ("core.assigned", "EMAIL", "DIGEST"), digestHour=7)
    for _ in range(3):
        await desk.assigned()
    lines = await desk.told(desk.clerk)
    assert await desk.letters(desk.clerk) == []
    assert await desk.fates(desk.clerk) == [("waiting", "digest")] * 3
    ((slot, key),) = await desk.city.rows(
        "select run_at, key from job where tenant_id = $1 and name = 'core.send_digest'"
    )
    assert slot.astimezone(desk.city.tenant.zone_info).hour == 7 and str(desk.clerk.id) in key
    read = "mutation ($ids: [UUID!]) { notificationsRead(ids: $ids) { read } }"
    await desk.city.data(read, {"ids": [lines[0]["id"]]}, as_=desk.clerk)
    assert await desk.its_time_comes("core.send_digest") == 1
    (letter,) = await desk.letters(desk.clerk)
    body = letter.get_content()
    assert [line["caseNumber"] in body for line in lines] == [False, True, True]
    assert letter["Subject"].endswith("(2)")
    assert sorted(await desk.fates(desk.clerk)) == [("sent", ""), ("sent", ""), ("skipped", "read")]


async def test_a_digest_with_nothing_left_is_no_letter(desk: Desk) -> None:
    await desk.prefer(desk.clerk, ("core.assigned", "EMAIL", "DIGEST"))
    await desk.assigned()
    (line,) = await desk.told(desk.clerk)
    await desk.city.data(
        "mutation ($until: String) { notificationsRead(until: $until) { read } }",
        {"until": (await cursor(desk))},
        as_=desk.clerk,
    )
    assert await desk.its_time_comes("core.send_digest") == 1
    assert await desk.letters(desk.clerk) == [] and line["readAt"] is None
    assert await desk.fates(desk.clerk) == [("skipped", "read")]


async def cursor(desk: Desk) -> str:
    data = await desk.city.data("{ notifications { edges { cursor } } }", as_=desk.clerk)
    return str(data["notifications"]["edges"][0]["cursor"])


async def test_a_mail_program_leaves_by_one_post_and_the_person_comes_back(desk: Desk) -> None:
    await desk.assigned()
    (letter,) = await desk.letters(desk.clerk)
    path = way_out(letter)
    looked = await desk.city.request("GET", path)
    assert looked.status_code == 200 and "<form" in looked.text
    assert "default-src 'none'" in looked.headers["content-security-policy"]
    assert await desk.city.rows("select 1 from notification_preference where tenant_id = $1") == [], "only looked at"
    for _ in range(2):
        posted = await desk.city.request("POST", path, data={"List-Unsubscribe": "One-Click"})
        assert posted.status_code == 200
    await desk.assigned()
    assert len(await desk.letters(desk.clerk)) == 1
    by_key = {each["key"]: each for each in (await preferences(desk, desk.clerk))["keys"]}
    assert by_key["core.assigned"]["channels"][1] == {"channel": "EMAIL", "mode": "OFF"}
    assert by_key["core.returned"]["channels"][1] == {"channel": "EMAIL", "mode": "AT_ONCE"}
    assert await desk.prefer(desk.clerk, ("core.assigned", "EMAIL", "AT_ONCE")) == []
    await desk.assigned()
    assert len(await desk.letters(desk.clerk)) == 2


async def test_a_link_that_we_did_not_make_opens_nothing(desk: Desk, another_city: Any) -> None:
    await desk.assigned()
    path = way_out((await desk.letters(desk.clerk))[0])
    user, signature, key = path.removeprefix("/unsubscribe/").split(".", 2)
    forged = (
        f"{user}.{signature}.core.closed",
        f"{desk.office.dispatcher.id.hex}.{signature}.{key}",
        f"{user}.{'0' * len(signature)}.{key}",
        f"{user}.é.{key}",
        "x",
        "x.y.z",
    )
    for token in forged:
        for method in ("GET", "POST"):
            assert (await desk.city.request(method, f"/unsubscribe/{token}")).status_code == 404, token
    assert (await another_city.request("POST", path)).status_code == 404, "another city's"
    assert await desk.city.rows("select 1 from notification_preference where tenant_id = $1") == []


async def test_a_digest_is_left_as_a_whole(desk: Desk) -> None:
    await desk.prefer(desk.clerk, ("core.assigned", "EMAIL", "DIGEST"), ("core.returned", "EMAIL", "DIGEST"))
    await desk.assigned()
    await desk.run()
    await desk.its_time_comes("core.send_digest")
    path = way_out((await desk.letters(desk.clerk))[0])
    assert (await desk.city.request("POST", path)).status_code == 200
    by_key = {each["key"]: each["channels"][-1]["mode"] for each in (await preferences(desk, desk.clerk))["keys"]}
    assert (by_key["core.assigned"], by_key["core.returned"], by_key["core.offered"]) == ("OFF", "OFF", "AT_ONCE")


async def test_who_left_while_a_letter_waited_gets_none(desk: Desk) -> None:
    await desk.prefer(desk.clerk, ("core.assigned", "EMAIL", "DIGEST"))
    await desk.assigned()
    await desk.run()
    await desk.prefer(desk.clerk, ("core.assigned", "EMAIL", "OFF"))
    await desk.its_time_comes("core.send_digest")
    assert await desk.letters(desk.clerk) == []
    assert await desk.fates(desk.clerk) == [("skipped", "unsubscribed")]
