"""What a mail server's answer, a kill and a second run make of a letter."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from piccolo.columns import Column

from leancity.core.identity.erased_parts import KERNEL_PARTS
from leancity.core.jobs.registry import jobs
from leancity.core.jobs.run import run_job
from leancity.core.mail.server import hand_in
from leancity.core.moment import now
from leancity.core.notifications import sending
from leancity.core.notifications.asking import JOB
from leancity.core.notifications.notify import SEND, notify
from leancity.core.notifications.pruning import PRUNE
from leancity.core.notifications.sending import ATTEMPTS
from leancity.core.plugins.contributions import ErasedPerson
from leancity.core.tenancy.tables import Due
from tests.graphql.kernel.notifications.desk import Desk

_DELIVERY = "select * from notification_delivery where tenant_id = $1 and channel = 'email' and key = 'core.assigned'"
_AGED = "update notification set at = $2, read_at = $3 where tenant_id = $1 and id = $4 returning 1"
_JOB = "select * from job where tenant_id = $1 and name = $2"


async def delivery(desk: Desk) -> Any:
    (row,) = await desk.city.rows(_DELIVERY)
    return row


async def test_a_refusal_for_good_ends_it(desk: Desk) -> None:
    desk.mailbox.refuses = "550 no such mailbox"
    await desk.assigned()
    await desk.run()
    assert await desk.fates(desk.clerk) == [("failed", "smtp_550")]
    (row,) = [row for row in await desk.log(state="FAILED") if row["channel"] == "EMAIL"]
    assert (row["attempts"], row["reasonTitle"]) == (1, "почтовый сервер отказал: 550")
    (job,) = await desk.city.rows(_JOB, SEND)
    assert job["state"] == "done", "what is refused for good is not tried again"


async def test_a_refusal_for_now_is_tried_again(desk: Desk) -> None:
    desk.mailbox.refuses = "450 come later"
    await desk.assigned()
    await desk.run()
    assert await desk.fates(desk.clerk) == [("waiting", "smtp_450")]
    desk.mailbox.refuses = ""
    await desk.its_time_comes(SEND)
    assert await desk.fates(desk.clerk) == [("sent", "")]
    assert len(await desk.letters(desk.clerk)) == 1
    assert (await delivery(desk))["attempts"] == 1


async def test_after_the_last_attempt_it_has_failed_until_the_dead_job_is_asked_for_again(desk: Desk) -> None:
    desk.mailbox.refuses = "451 out of order"
    await desk.assigned()
    await desk.run()
    for _ in range(ATTEMPTS - 1):
        await desk.its_time_comes(SEND)
    assert await desk.fates(desk.clerk) == [("failed", "smtp_451")]
    (job,) = await desk.city.rows(_JOB, SEND)
    assert (job["state"], job["attempts"]) == ("dead", ATTEMPTS)


async def test_a_letter_that_was_cut_off_comes_again_and_is_uncertain(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(mail: EmailMessage, url: str) -> None:
        await hand_in(mail, url)
        raise KeyboardInterrupt  # past every handler, as a kill is

    monkeypatch.setattr(sending, "hand_in", killed)
    await desk.assigned()
    with pytest.raises(KeyboardInterrupt):
        await desk.run()
    monkeypatch.setattr(sending, "hand_in", hand_in)
    assert await desk.fates(desk.clerk) == [("waiting", "")]
    gone: dict[Column | str, Any] = {Due.lease_until: now(), Due.held_until: now(), Due.run_at: now()}
    await Due.update(gone).where(Due.tenant_id == desk.city.tenant.id)
    await desk.run()
    first, second = desk.mailbox.to(f"{desk.clerk.login}@example.org")
    assert first["Message-ID"] == second["Message-ID"]
    assert await desk.fates(desk.clerk) == [("uncertain", "cut_off")]


async def test_the_job_run_twice_tells_once(desk: Desk) -> None:
    case = await desk.assigned()
    (job,) = await desk.city.rows(_JOB, JOB)
    event = await desk.city.rows(
        "select id from case_event where tenant_id = $1 and case_id = $2 and kind = 'assigned'", case
    )
    await desk.run()
    async with desk.city.serving():
        await notify({"case_id": case, "event_id": str(event[0]["id"])})
    await run_job(desk.city.tenant.id, job["id"])
    assert len(await desk.told(desk.clerk)) == 1
    assert len(await desk.letters(desk.clerk)) == 1
    assert len(await desk.log()) == 2


async def test_an_erased_person_leaves_nothing_and_gets_nothing(desk: Desk) -> None:
    await desk.prefer(desk.clerk, ("core.assigned", "EMAIL", "DIGEST"), digestHour=7)
    await desk.assigned()
    await desk.run()
    person = ErasedPerson(person_id=desk.clerk.id, email="", phone="")
    async with desk.city.serving():
        erased = await KERNEL_PARTS["core.notifications"](person)
        again = await KERNEL_PARTS["core.notifications"](person)
    assert (erased.erased, again.erased) == (5, 0), "a line, two deliveries, a preference, a schedule"
    await desk.its_time_comes("core.send_digest")
    assert await desk.letters(desk.clerk) == [] and await desk.log() == []


async def test_who_is_erased_while_a_letter_waits_is_told_nothing(desk: Desk) -> None:
    await desk.prefer(desk.clerk, ("core.assigned", "EMAIL", "DIGEST"))
    await desk.assigned()
    await desk.run()
    shell = "update user_account set erased_at = $2, is_active = false, email = '' where tenant_id = $1 and id = $3"
    await desk.city.rows(shell + " returning 1", now(), desk.clerk.id)
    await desk.its_time_comes("core.send_digest")
    assert await desk.fates(desk.clerk) == [("skipped", "erased")]


async def test_what_was_told_long_ago_goes(desk: Desk) -> None:
    for _ in range(4):
        await desk.assigned()
    fresh, unread, read, old = [line["id"] for line in await desk.told(desk.clerk)]
    year, half = now() - timedelta(days=366), now() - timedelta(days=181)
    for line, at, read_at in ((unread, half, None), (read, half, half), (old, year, None)):
        await desk.city.rows(_AGED, at, read_at, line)
    aged = "update notification_delivery set at = $2 where tenant_id = $1 and channel = 'email' returning 1"
    await desk.city.rows(aged, year)
    async with desk.city.serving():
        await jobs()[PRUNE].run({})
        await jobs()[PRUNE].run({})
    assert {line["id"] for line in await desk.told(desk.clerk)} == {fresh, unread}
    assert [row["channel"] for row in await desk.log()] == ["INAPP"] * 4
