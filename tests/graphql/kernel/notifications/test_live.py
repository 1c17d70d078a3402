"""Notifications come to their own person's screens, and to no other's."""

from __future__ import annotations

import pytest

from tests.graphql.kernel.notifications.desk import Desk
from tests.graphql.kernel.watching import all_told, change_of, is_silent, refusal, watching

pytestmark = pytest.mark.usefixtures("scheduler")
ADDED = "subscription { notificationAdded { isResync unreadNotifications notifications { id cursor event caseId } } }"
READ = "mutation ($until: String!) { notificationsRead(until: $until) { errors { code } read } }"


async def test_they_come_and_are_read_on_all_screens(desk: Desk) -> None:
    before = await desk.assigned()
    await desk.run()
    await all_told(desk.city)
    async with (
        desk.city.socket(desk.clerk) as one,
        desk.city.socket(desk.clerk) as other,
        desk.city.socket(desk.office.gardener) as gardener,
    ):
        for socket in (one, other):
            assert await watching(socket, ADDED) == {"isResync": True, "unreadNotifications": 1, "notifications": []}
        await watching(gardener, ADDED)
        case = await desk.assigned()
        assert case != before
        await desk.run()
        told = await change_of(one)
        assert (told["isResync"], told["unreadNotifications"]) == (False, 2)
        (new,) = told["notifications"]
        assert (new["event"], new["caseId"]) == ("assigned", case)
        assert await change_of(other) == told
        await desk.city.data(READ, {"until": new["cursor"]}, as_=desk.clerk)
        for socket in (one, other):
            assert await change_of(socket) == {"isResync": False, "unreadNotifications": 0, "notifications": []}
        assert await is_silent(gardener)


async def test_a_stranger_has_none(desk: Desk) -> None:
    async with desk.city.socket() as socket:
        assert await refusal(socket, ADDED) == "NOT_SIGNED_IN"
