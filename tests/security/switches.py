"""Taking guards out: those of the schema, or the services' checks, all at once or one at a time."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from typing import Any

import pytest

from leancity.core.cases import reach, records
from leancity.core.identity.principal import Principal, acting_as, current_principal
from leancity.core.identity.scopes import EVERYWHERE
from leancity.graphql.api import guard
from leancity.graphql.api.guard import Guard
from tests.security.sites import METHODS, Map, Site, sites

WIDEST = frozenset({EVERYWHERE})


class Guards:
    """The schema's guards, of which only those in ``on`` ask."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.on: Collection[Guard] = ()
        check = Guard.check

        def watched(this: Guard) -> None:
            if this in self.on:
                check(this)

        patch.setattr(Guard, "check", watched)


def grant_to_all_but_guards(patch: pytest.MonkeyPatch) -> None:
    """Let every check of a service say yes. The schema's guards ask the same method and are told by their file."""
    can, refuse = Principal.can, Principal.refuse

    def require(self: Principal, permission: str) -> None:
        if sys._getframe(1).f_code.co_filename == guard.__file__ and not can(self, permission):
            refuse(self, permission)

    patch.setattr(Principal, "require", require)
    patch.setattr(Principal, "can", lambda self, permission: True)
    patch.setattr(Principal, "reach_of", lambda self, permission: WIDEST)


class Checks:
    """The services' checks: ``passed`` are the sites that asked, in their order; the one that is ``out`` says yes."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.sites = sites()
        self.passed: list[Site] = []
        self.out: Site | None = None
        self._map = Map(self.sites)
        for name in METHODS:
            patch.setattr(Principal, name, self._watched(name, getattr(Principal, name)))
        for module in (reach, records):
            for name, function in [*vars(module).items()]:
                if name in GRANTS and function.__module__ == module.__name__:
                    self._replace(patch, name, function)

    def begin(self, out: Site | None = None) -> None:
        """Forget what was passed and take another site out."""
        self.passed, self.out = [], out

    def _replace(self, patch: pytest.MonkeyPatch, name: str, function: Callable[..., Any]) -> None:
        """Replace a function wherever it was imported by its name."""
        watched = self._watched(name, function)
        for module in [each for key, each in sys.modules.items() if key.startswith("leancity.")]:
            if vars(module).get(name) is function:
                patch.setattr(module, name, watched)

    def _watched(self, name: str, check: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*given: Any, **named: Any) -> Any:
            # Not a coroutine function: the frame below is the caller's only while the call is being made.
            site = self._map.at(sys._getframe(1), name)
            if site is None or current_principal().is_system:  # arguments are made by the platform itself
                return check(*given, **named)
            self.passed.append(site)
            return GRANTS[name](check, *given, **named) if site == self.out else check(*given, **named)

        return watched


def _session(check: Callable[..., Any], this: Principal) -> Any:
    # Whose account it would be is a question that somebody without one can't be excused from.
    return this.user_id or check(this)


def _as_if_granted(check: Callable[..., Any], permission: str, **named: Any) -> Any:
    with acting_as(replace(current_principal(), grants={permission: WIDEST})):
        return check(permission, **named)


async def _reached(_: object, __: str, case_ids: Collection[Any], **___: object) -> set[Any]:
    return {*case_ids}


async def _nothing(*_: object, **__: object) -> None:
    return None


def _without_permission(find: Callable[..., Awaitable[Any]], *given: Any, **named: Any) -> Awaitable[Any]:
    return find(*given, **{**named, "permission": None})


GRANTS: dict[str, Callable[..., Any]] = {
    "require": lambda *_: None,
    "reach_of": lambda *_: WIDEST,
    "require_session": _session,
    "require_reach": _nothing,
    "reached": _reached,
    "within": _as_if_granted,
    "bounds": _as_if_granted,
    "find_case": _without_permission,
    "lock_case": _without_permission,
}
"""What each check answers where it is taken out."""
