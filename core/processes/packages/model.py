"""What a process package says, by natural keys only: the file's content as data (docs/developers/packages.md).

Nothing in it is an id of the giving city: roles by key, units and positions by key and title, elements by the drawing's
own ids.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

FORMAT = "leancity-process-package"
SCHEMA = 2
"""The newest schema that is read and the one that is written."""

NameKind = Literal["role", "unit", "position", "calendar", "channel"]


class Name(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something of the giving city that has to be one of the receiving city's: a role, unit, position and so on.

    ``permissions`` are a role's; ``unit`` is the key of a position's unit; ``kind_of_unit`` is body, department or
    legal_entity; ``detail`` is for a person to read (the calendar's hours).
    """

    kind: NameKind
    key: str
    title: str
    permissions: tuple[str, ...] = ()
    unit: str = ""
    kind_of_unit: str = ""
    detail: str = ""

    @property
    def address(self) -> str:
        """The name's own place in a map of bindings."""
        return f"{self.kind}:{self.key}"


class Lane(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who does what lies in a lane, by the keys of names; as ``core.processes.versions.lanes.LaneCard``."""

    lane: str
    role: str = ""
    unit: str = ""
    position: str = ""
    is_author: bool = False
    is_head: bool = False


class Form(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A form of the version."""

    key: str
    title: str
    data_schema: dict[str, Any]
    ui_schema: dict[str, Any]


class Decision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A decision table of the version, DMN."""

    key: str
    title: str
    xml: str


class Drawing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The drawing as it was uploaded, as ``core.processes.versions.stored`` keeps it, and what bounds its lead time."""

    xml: str
    process_element: str
    starts_at: tuple[str, ...] = ()
    ends_at: tuple[str, ...] = ()


class Target(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A term that the drawing promises, of the process or of one of its elements (``lean:term``), for the preview."""

    element: str
    title: str
    amount: float
    unit: str
    start: str
    kind: str = ""
    source: str = ""


class CaseTarget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A term of the kind of case, as the giving city has it; ``stage`` is a state's key, ``*`` the whole case."""

    stage: str
    kind: Literal["baseline", "target", "legal"]
    amount: float
    unit: str
    start: str
    assumed: bool = False
    source: str = ""

    @property
    def address(self) -> str:
        """What a choice names."""
        return f"targets/{self.stage}/{self.kind}"


class Operation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An operation of the passport as entered: minutes of one launch; ``value_class`` is va, bnva, nva or empty."""

    title: str
    minutes: float
    waiting_minutes: float | None = None
    movement_minutes: float | None = None
    value_class: str = ""


class Passport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The entered passport of the process's function, without what its people cost."""

    title: str
    lead_days: float | None = None
    day_hours: float = 8.0
    launches: float | None = None
    error_share: float | None = None
    operations: tuple[Operation, ...] = ()


class Side(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The closed cases of one side: how many, and their lead time in working seconds."""

    n: int
    median_s: float
    p85_s: float


class Effect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was measured before and after, of ``core.processes.figures.comparison``: no case, no day, no unit of it.

    ``source`` of the cases before: production, import (another system's log). Seconds of working time; ``likelihood``
    of ranks so different where nothing has changed.
    """

    source: Literal["production", "import"]
    before: Side
    after: Side
    difference_s: float
    low_s: float
    high_s: float
    likelihood: float
    verdict: Literal["no_difference", "shorter", "longer"]


class Ancestor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The package that the giving city had taken the process from."""

    key: str
    no: int
    giver: str
    checksum: str


class Provenance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where it comes from: the city, the number of the version there, the moment (ISO 8601), and who had it before."""

    city: str
    title: str
    version_no: int
    packed_at: str
    parent: Ancestor | None = None


class Process(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is packed: the process by its key, its kind of case and the modules without which it can't run."""

    key: str
    title: str
    case_kind: str
    modules: tuple[str, ...] = ()


class Content(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole package. ``key`` and ``no`` name it: the city's slug, the process's key, the publication's number."""

    key: str
    no: int
    process: Process
    description: str = ""
    tags: tuple[str, ...] = ()
    drawing: Drawing
    forms: tuple[Form, ...] = ()
    decisions: tuple[Decision, ...] = ()
    lanes: tuple[Lane, ...] = ()
    names: tuple[Name, ...] = ()
    measures: tuple[str, ...] = ()
    targets: tuple[Target, ...] = ()
    case_targets: tuple[CaseTarget, ...] = ()
    passport: Passport | None = None
    effect: Effect | None = None
    provenance: Provenance

    @property
    def origin(self) -> str:
        """What a version that comes of it says in ``ProcessVersion.origin``."""
        return f"package:{self.key}@{self.no}"


def plain(value: msgspec.Struct) -> dict[str, Any]:
    """Return a part of a package as JSON has it."""
    found: dict[str, Any] = msgspec.to_builtins(value)
    return found


class Signature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ed25519 over the checksum; key and value in base64."""

    public_key: str
    value: str
    algorithm: Literal["ed25519"] = "ed25519"
