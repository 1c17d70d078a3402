"""The mail's job: outside any transaction, at least once, with nothing personal left behind."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leancity.core.db import unit
from leancity.core.identity.recovery import request_password_reset
from leancity.core.jobs.registry import jobs
from leancity.core.mail.post import JOB
from leancity.core.plugins.contributions import Job
from leancity.core.testing.city import City, TestUser
from leancity.core.testing.mailbox import Mailbox
from tests.core.jobs.yard import end_holds


async def asked(city: City) -> tuple[TestUser, str]:
    """Ask for a mail with a link; return for whom and to which address."""
    user = await city.user()
    async with city.serving(as_stranger=True):
        await request_password_reset(user.login)
    return user, f"{user.login}@example.org"


async def job(city: City) -> Any:
    (row,) = await city.rows("select * from job where tenant_id = $1 and name = $2", JOB)
    return row


async def test_a_mail_is_sent_in_the_persons_language(city: City, mailbox: Mailbox) -> None:
    user, address = await asked(city)
    await city.rows("update user_account set locale = 'en' where tenant_id = $1 and id = $2 returning 1", user.id)
    await city.run_jobs()
    (letter,) = mailbox.to(address)
    assert (letter["From"], letter["Subject"]) == ("city@example.org", f"{city.tenant.title}: new password")
    row = await job(city)
    assert letter["Message-ID"] == f"<{row['id']}@{city.host}>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert user.login in letter.get_content()


async def test_the_outbox_holds_neither_address_nor_secret(city: City, mailbox: Mailbox) -> None:
    _, address = await asked(city)
    waiting = await job(city)
    assert json.loads(waiting["payload"]).keys() == {"message", "user_id", "key_id"}
    await city.run_jobs()
    done = await job(city)
    assert (done["state"], json.loads(done["payload"]), done["attempts"], done["last_error"]) == ("done", {}, 0, "")
    key = mailbox.key(address)
    stored = await city.rows("select key from one_time_key where tenant_id = $1")
    assert key not in {row["key"] for row in stored}
    assert key not in str(waiting) + str(done) and address not in str(waiting) + str(done)


async def test_a_refused_mail_is_tried_again_and_tells_nothing(
    city: City, mailbox: Mailbox, capfd: pytest.CaptureFixture[str]
) -> None:
    _, address = await asked(city)
    mailbox.refuses = f"450 {address} is full"
    await city.run_jobs()
    row = await job(city)
    assert (row["state"], row["attempts"]) == ("waiting", 1)
    assert row["last_error"] == "MailFailed: SMTPDataError, code 450"
    mailbox.refuses = ""
    await city.run_jobs(all_due=True)
    assert (await job(city))["state"] == "done"
    key = mailbox.key(address)
    told = "".join(capfd.readouterr())
    assert "job failed" in told
    assert address not in told and key not in told


async def test_without_anybody_listening_it_waits(city: City) -> None:
    await asked(city)
    await city.run_jobs()
    row = await job(city)
    assert (row["state"], row["attempts"]) == ("waiting", 1)
    assert row["last_error"] == "MailFailed: SMTPConnectError"


async def test_a_kill_while_it_is_sent_sends_it_again_with_the_same_key(
    city: City, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, address = await asked(city)
    sent = jobs()[JOB]

    async def killed(payload: dict[str, Any]) -> None:
        assert unit._unit.get() is None, "no transaction is open while the mail server is spoken to"
        await sent.run(payload)
        raise KeyboardInterrupt  # past every handler, as a kill is

    monkeypatch.setitem(jobs(), JOB, Job(name=JOB, run=killed, is_outside=True))
    with pytest.raises(KeyboardInterrupt):
        await city.run_jobs()
    monkeypatch.setitem(jobs(), JOB, sent)
    row = await job(city)
    assert (row["state"], row["attempts"], row["is_uncertain"]) == ("waiting", 0, False)
    await city.run_jobs()
    assert len(mailbox.to(address)) == 1, "whoever began it has it until the hold ends"
    await end_holds(city)
    await city.run_jobs()
    first, second = mailbox.to(address)
    assert first["Message-ID"] == second["Message-ID"] and first.get_content() == second.get_content()
    row = await job(city)
    assert (row["state"], row["attempts"], row["is_uncertain"]) == ("done", 0, True)
