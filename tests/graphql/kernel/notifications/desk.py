"""An office whose people are told: who has which notifications, letters and deliveries."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from leancity.core.cases.filing import Filing, file_case
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.credentials import open_credential
from leancity.core.identity.tables import RoleGrant, RoleRow, UserAccount
from leancity.core.moment import now
from leancity.core.testing.city import City, TestUser
from leancity.core.testing.mailbox import Mailbox
from tests.graphql.kernel.conftest import REPORT, Office

LIST = "{ notifications { totalCount edges { node { id text event key isOwn caseNumber caseTitle readAt } } } }"
LOG = """query ($case: UUID, $state: NotificationDeliveryState) { notificationDeliveries(caseId: $case, state: $state)
  { totalCount edges { node { key event channel state reason reasonTitle attempts user { id name } } } } }"""
CHANGE = """mutation ($modes: [NotificationModeInput!], $schedule: NotificationScheduleInput) {
  notificationPreferencesChange(modes: $modes, schedule: $schedule) { errors { field code }
  preferences { schedule { zone quietFrom quietTo digestHour digestWeekday } } } }"""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """``clerk`` works in the roads unit and may do everything; ``resident`` files cases; letters go to ``mailbox``."""

    office: Office
    clerk: TestUser
    resident: TestUser
    mailbox: Mailbox

    @property
    def city(self) -> City:
        return self.office.city

    async def person(self, *permissions: str, **more: Any) -> TestUser:
        """Make an account, see ``account``."""
        return await account(self.city, *permissions, **more)

    async def filed(self, **more: Any) -> str:
        """File a case of the resident at the roads unit and return its id."""
        filing = Filing(**{"title": "Hole", "unit_id": self.office.roads, "author_id": self.resident.id, **more})
        async with self.city.serving(as_=self.resident):
            return str((await file_case(REPORT, filing)).id)

    async def assigned(self, **more: Any) -> str:
        """File a case and let the dispatcher assign it to the clerk; return its id."""
        case = await self.filed(**more)
        await self.office.done(f'caseAssign(caseId: "{case}", userId: "{self.clerk.id}")')
        return case

    async def told(self, as_: TestUser, *, locale: str = "en") -> list[dict[str, Any]]:
        """Do what is due, then return a person's list."""
        await self.run()
        data = await self.city.data(LIST, as_=as_, locale=locale)
        nodes = [edge["node"] for edge in data["notifications"]["edges"]]
        assert data["notifications"]["totalCount"] == len(nodes)
        return nodes

    async def run(self) -> None:
        """Do what is due, and what that asks for."""
        while await self.city.run_jobs():
            pass

    async def letters(self, to: TestUser) -> list[Any]:
        """Do what is due, then return the letters to a person."""
        await self.run()
        return self.mailbox.to(f"{to.login}@example.org")

    async def log(self, **filter_: Any) -> list[dict[str, Any]]:
        """Return the log of deliveries, newest first, as the dispatcher sees it."""
        page = await self.office.ask(LOG, **filter_)
        return [edge["node"] for edge in page["edges"]]

    async def fates(self, of: TestUser, channel: str = "EMAIL") -> list[tuple[str, str]]:
        """Return states and reasons of a person's deliveries, oldest first."""
        rows = [row for row in await self.log() if row["user"]["id"] == str(of.id) and row["channel"] == channel]
        return [(row["state"].lower(), row["reason"]) for row in reversed(rows)]

    async def prefer(self, as_: TestUser, *modes: tuple[str, str, str], **schedule: Any) -> list[dict[str, str]]:
        """Change a person's preferences (key, channel, mode) and return what was wrong."""
        signed_in = await self.city.signed_in(as_)
        wanted = [dict(zip(("key", "channel", "mode"), each, strict=True)) for each in modes]
        variables = {"modes": wanted, "schedule": schedule or None}
        payload = (await self.city.data(CHANGE, variables, as_=signed_in))["notificationPreferencesChange"]
        errors: list[dict[str, str]] = payload["errors"]
        return errors

    async def its_time_comes(self, job: str) -> int:
        """Let the waiting jobs of a name be due, and do them; return how many they were."""
        ids = [
            row["id"]
            for row in await self.city.rows(
                "update job set run_at = $3 where tenant_id = $1 and name = $2 and state = 'waiting' returning id",
                job,
                now(),
            )
        ]
        for each in ids:
            await self.city.rows(
                "update due set run_at = $3 where tenant_id = $1 and id = $2 returning id", each, now()
            )
        await self.run()
        return len(ids)


async def account(
    city: City,
    *permissions: str,
    kind: str = "staff",
    unit_id: str | None = None,
    role: str | None = None,
    locale: str = "",
) -> TestUser:
    """Make an account with an address and a token, without the time that a password takes."""
    login = f"user-{secrets.token_hex(4)}"
    email = f"{login}@example.org"
    async with city.serving(), tenant_tx(write=True):
        user = UserAccount(login=login, name="Name", kind=kind, unit_id=unit_id, email=email, locale=locale)
        await user.save()
        granted = await RoleRow.objects().where(RoleRow.key == role).first()
        if permissions:
            granted = RoleRow(key=f"core.{login}", title=login, permissions=[*permissions])
            await granted.save()
        if granted is not None:
            await RoleGrant(user_id=user.id, role_id=granted.id).save()
        token = await open_credential("token", user_id=user.id, expires_at=now() + timedelta(hours=1), title="test")
    return await city._as(login, token)
