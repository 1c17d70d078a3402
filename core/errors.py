"""What can go wrong in a way that the user can mend.

A service raises ``Refused`` with one or more problems; every door turns them into its own form: GraphQL into typed
user errors, HTTP into problem+json, the CLI into lines. Nothing else a service raises is shown to a user.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any


@dataclasses.dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing wrong with what was asked.

    ``code`` is a key of the message catalogue (``core.i18n``), stable for machines; ``field`` is the path of the input
    field in the caller's own spelling, or None when no single field is at fault; ``params`` fill the message.
    """

    code: str
    field: str | None = None
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class Refused(Exception):
    """The request can't be carried out as it stands; nothing was changed."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(", ".join(f"{p.field or '-'}: {p.code}" for p in problems))
        self.problems = problems


class Forbidden(Exception):
    """The principal lacks a permission. ``permission`` is its full name."""

    def __init__(self, permission: str) -> None:
        super().__init__(permission)
        self.permission = permission


class NotSignedIn(Exception):
    """The door asks for a signed-in principal and there is none."""


class StartupError(Exception):
    """The installation can't be served as it is configured; the message is one line for the operator."""


def refuse(code: str, field: str | None = None, **params: Any) -> Refused:
    """Return a ``Refused`` with one problem: ``raise refuse("required", "title")``."""
    return Refused(Problem(code=code, field=field, params=params))
