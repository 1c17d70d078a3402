"""The frozen data that hooks return, and that an obligation is called with."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from leancity.core.jobs.queues import Queue
from leancity.core.tenancy.limits import TenantKind


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Who a module is.

    ``name`` equals the entry point's; ``requires`` names modules that must be subscribed with it; ``personal_data`` is
    true when the module stores any, which obliges it to implement ``person_erased``. ``serves`` names the kinds of
    tenant that may have it.
    """

    name: str
    title: dict[str, str]
    summary: dict[str, str]
    kind: Literal["service", "module"]
    version: str
    requires: tuple[str, ...] = ()
    needs_platform: str = ">=0.1"
    personal_data: bool = False
    serves: tuple[TenantKind, ...] = (TenantKind.CITY, TenantKind.REGION)


@dataclass(frozen=True, kw_only=True)
class Permission:
    """One action a role may be granted, named ``<module>.<resource>.<verb>``.

    ``by_row``: the code that asks for it asks row by row how far it reaches (``core.cases.reach``), so that a role may
    give it for a unit only; without, it counts only where it reaches the whole city. ``conflicts_with`` names
    permissions that no person may hold together with it: who enters does not approve.
    """

    name: str
    title: dict[str, str]
    by_row: bool = False
    conflicts_with: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Role:
    """A role that a city gets with the module and owns from then on. ``key`` is ``<module>.<role>``.

    A permission reaches every row, or those of a scope named behind it (``core.identity.scopes``): ``a.b.read@unit``.
    """

    key: str
    title: dict[str, str]
    permissions: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class GraphQLTypes:
    """Root types of a module: ``query`` becomes one field named after it, the others are flat and carry its prefix."""

    query: type | None = None
    mutation: type | None = None
    subscription: type | None = None
    extra: tuple[type, ...] = field(default=())


@dataclass(frozen=True, kw_only=True)
class Job:
    """Work done outside a request. ``name`` is ``<module>.<job>``.

    It runs inside the city's transaction, or, where it speaks to the outside (``is_outside``), between two of them: a
    kill in that gap lets it run again, so it gives the receiver a key that stays the same (``core.jobs.current``).
    ``is_private``: its errors may name people, so only their class is kept and logged. It may raise ``Later`` and
    ``Rejected`` (``core.jobs.outcomes``).
    """

    name: str
    run: Callable[[dict[str, Any]], Awaitable[None]]
    max_attempts: int = 8
    is_outside: bool = False
    is_private: bool = False


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A job that comes by the city's wall clock. ``name`` is ``<module>.<schedule>``, ``job`` one of the same module.

    ``cron`` has five fields (minute, hour, day, month, weekday). Moments that were missed are made up for once.
    """

    name: str
    cron: str
    job: str
    payload: dict[str, Any] = field(default_factory=dict)
    queue: Queue = "default"


Facts: TypeAlias = dict[str, Any]
"""What a running process knows: JSON, an object of at most 32 KB."""


@dataclass(frozen=True, kw_only=True)
class ServiceTask:
    """What a service task of a process does. ``topic`` is ``<module>.<name>``, which the drawing names.

    ``run`` gets the process's facts, those among ``inputs`` only where it names any, and a key that stays the same over
    all attempts; what it returns is added to the facts. It runs in the transaction of its step or, where it speaks to
    the outside (``is_outside``), before it, outside any: then a kill may let it run again with the same key. It may
    raise ``Later`` and ``Rejected`` (``core.jobs.outcomes``); after its last attempt the process goes on at the error
    boundary ``service_failed``, if one is drawn.
    """

    topic: str
    title: dict[str, str]
    run: Callable[[Facts, str], Awaitable[Facts]]
    is_outside: bool = False
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LaneWorkers:
    """Who does what lies in a lane, until the city binds it otherwise: those in a role, who began the case, the head
    of the case's unit."""

    role: str = ""
    is_author: bool = False
    is_head: bool = False


@dataclass(frozen=True, kw_only=True)
class ModuleProcess:
    """A process that a city gets with the module, in production, and owns from then on. ``key`` is ``<module>.<name>``.

    ``path`` is a BPMN file with Russian texts; ``<name>.en.json`` beside it holds the names of its elements by their
    ids, for cities of another language. Names of messages and signals are addresses, the same in every language.
    ``lanes``: who works in them, by the ids of the lanes. ``forms``: a folder of ``<form key>.json`` (``{"title": {ru,
    en}, "schema": {…}, "ui": {…}}``); ``decisions``: a folder of ``<key>.dmn``. ``starts_at`` and ``ends_at``: the
    nodes that bound the lead time, () its start and end events. ``facts`` returns what drawings may read of a case
    beside its own facts; it is asked at every step. ``filed_by`` names the module's own mutation where only that files
    a case.
    """

    key: str
    title: dict[str, str]
    path: Path
    case_kind: str
    lanes: Mapping[str, LaneWorkers]
    forms: Path | None = None
    decisions: Path | None = None
    starts_at: tuple[str, ...] = ()
    ends_at: tuple[str, ...] = ()
    facts: Callable[[uuid.UUID], Awaitable[Facts]] | None = None
    filed_by: str = ""


@dataclass(frozen=True, kw_only=True)
class Demo:
    """Demo data of a module, loaded through its services; loading twice changes nothing."""

    load: Callable[[], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Texts:
    """A folder of message catalogues, ``<locale>.json``: key to text. Keys carry the module's prefix."""

    folder: Path


@dataclass(frozen=True, kw_only=True)
class NotificationDefault:
    """Whom to tell of what happened to a case, until a city decides otherwise. ``key`` is ``<module>.<name>``.

    ``event`` is one of ``core.notifications.events``; ``case_kind``, ``status`` (the one entered) and ``visibility``
    (of a comment or a file) narrow it, "" does not. ``audience``: author, follower, assignee, unit, unit_head,
    addressee or ``role:<key>``. ``text`` is a key of the catalogue, "" for the platform's own sentence. One that
    ``is_mandatory`` nobody can switch off for themselves, nor put off.
    """

    key: str
    title: dict[str, str]
    event: str
    audience: str
    channels: tuple[str, ...] = ("inapp", "email")
    case_kind: str = ""
    status: str = ""
    visibility: str = ""
    text: str = ""
    is_mandatory: bool = False


@dataclass(frozen=True, kw_only=True)
class ErasedPerson:
    """Who is to be forgotten: by account, by e-mail address (lower case), by phone (digits only).

    What the request does not name is None or ""; whatever matches any of them is theirs.
    """

    person_id: uuid.UUID | None
    email: str
    phone: str


@dataclass(frozen=True, kw_only=True)
class Erased:
    """What became of their data: rows emptied or removed, rows ``kept`` and, in a ``note`` for people, why."""

    erased: int
    kept: int = 0
    note: str = ""
