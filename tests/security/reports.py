"""Deeds on reports of city problems: the steps that bring a report where it is wanted, its followers, and polls."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from leancity.core.cases.handover import accept, hand_over, open_offer
from leancity.core.moment import now
from leancity.modules.city_problems import service
from leancity.modules.city_problems.forwarding.endpoints import EndpointCard, save_endpoint
from leancity.modules.city_problems.forwarding.sending import forward
from tests.security.actors import Actor
from tests.security.making import Arguments, Deed, always, filled, fresh
from tests.security.world import POINT, World, new_poll, new_report, own_watch


def on_report(*steps: Callable[[World, uuid.UUID], Awaitable[object]], **more: Any) -> Deed:
    """Return a deed on a new report that the roads unit holds, after ``steps``."""

    async def make(world: World, _: Actor) -> Arguments:
        case = await new_report(world)
        for step in steps:
            await step(world, case)
        return {"id": str(case), **filled(world, more)}

    return Deed(make=make)


async def is_sorted(_: World, case: uuid.UUID) -> None:
    await service.sort(case)


async def is_sent_to_parks(world: World, case: uuid.UUID) -> None:
    await service.sort(case)
    await service.send(case, world.units["parks"])


async def is_in_work(world: World, case: uuid.UUID) -> None:
    await is_sent_to_parks(world, case)
    await service.take(case)
    await hand_over(case, world.units["roads"])
    await accept((await open_offer(case)).id)


async def is_fixed(world: World, case: uuid.UUID) -> None:
    await is_in_work(world, case)
    await service.close(case, "fixed", "Filled")


async def a_draft(_: World, __: Actor) -> Arguments:
    return {"id": str(await new_poll())}


async def my_watch(_: World, actor: Actor) -> Arguments:
    return {"id": str(await own_watch(actor))}


def later() -> str:
    """Return the moment in a week, as an argument has it."""
    return (now() + timedelta(days=7)).isoformat()


async def is_closed(_: World, case: uuid.UUID) -> None:
    await service.refuse_report(case, "not_ours", "it is the region's")


def endpoint_card(key: str) -> Arguments:
    return {"key": key, "title": "Elsewhere", "url": "https://elsewhere.example/open311/v2"}


async def endpoint_unused(_: World, __: Actor) -> Arguments:
    return {"key": (await save_endpoint(EndpointCard(**endpoint_card(fresh("x"))))).key}


async def is_forwarded(_: World, case: uuid.UUID) -> None:
    await forward(case, "region", "1")


REPORTS: dict[str, Deed] = {
    "cityProblemsConfirm": on_report(is_fixed),
    "cityProblemsContest": on_report(is_closed, note="x"),
    "cityProblemsEndpointRemove": Deed(make=endpoint_unused),
    "cityProblemsEndpointSave": always(lambda _: {"input": endpoint_card(fresh("x"))}),
    "cityProblemsFollow": on_report(),
    "cityProblemsForward": on_report(endpoint="region", serviceCode="1"),
    "cityProblemsJoin": on_report(),
    "cityProblemsLeave": on_report(),
    "cityProblemsPollPublish": Deed(make=a_draft),
    "cityProblemsPollRemove": Deed(make=a_draft),
    "cityProblemsPollSave": always(
        lambda _: {"input": {"titleEn": "Which?", "closesAt": later(), "options": [{"titleEn": "A"}, {"titleEn": "B"}]}}
    ),
    "cityProblemsPollVote": always(lambda world: {"id": world.ids["poll"], "options": ["1"]}),
    "cityProblemsRecall": on_report(is_forwarded, note="x"),
    "cityProblemsUnfollow": on_report(),
    "cityProblemsUnwatch": Deed(make=my_watch, is_own=True),
    "cityProblemsWatch": always(
        lambda _: {"input": {"title": "Home", "point": {"lat": POINT[0], "lon": POINT[1]}, "radius": 100}}
    ),
}
