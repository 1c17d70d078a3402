"""What a deed is, and how its arguments are made."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from tests.security.actors import Actor
from tests.security.world import World, new_case

Arguments: TypeAlias = dict[str, Any]
Make: TypeAlias = Callable[[World, Actor], Awaitable[Arguments]]


@dataclass(frozen=True, kw_only=True)
class Deed:
    """``is_own``: on the actor's own things, so anew for each. ``ends_session``: the actor signs in again after."""

    make: Make
    is_own: bool = False
    ends_session: bool = False


def fresh(what: str) -> str:
    """Return a name that nobody has."""
    return f"{what}-{uuid.uuid4().hex[:12]}"


def always(arguments: Callable[[World], Arguments]) -> Deed:
    """Return a deed whose arguments need no preparation but the world."""

    async def make(world: World, _: Actor) -> Arguments:
        return arguments(world)

    return Deed(make=make)


def on_case(prepare: Callable[[World, uuid.UUID], Awaitable[Arguments]] | None = None, **more: Any) -> Deed:
    """Return a deed on a new case of the roads unit: ``prepare`` does something to it and returns the arguments."""

    async def make(world: World, _: Actor) -> Arguments:
        case = await new_case(world)
        found = {"caseId": str(case)} if prepare is None else await prepare(world, case)
        return found | filled(world, more)

    return Deed(make=make)


def filled(world: World, more: Arguments) -> Arguments:
    """Return arguments of which some are asked of the world."""
    return {name: value(world) if callable(value) else value for name, value in more.items()}
