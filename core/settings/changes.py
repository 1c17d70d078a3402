"""What somebody wants to set, checked as a whole before anything is touched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leancity.core.errors import Problem, Refused, refuse
from leancity.core.settings.checks import expected, problems_of
from leancity.core.settings.declaration import ModuleSettings
from leancity.core.settings.declared import fields_of


def validated(kind: type[ModuleSettings], changes: Any, path: str = "changes") -> dict[str, Any]:
    """Return ``changes`` (field to JSON value, None for «as inherited») as they may be stored; touches nothing.

    Raises ``Refused`` with every problem, each at ``<path>.<field>``, of a list at ``<path>.<field>.<index>``.
    """
    if not isinstance(changes, Mapping):
        raise refuse("setting_type", path, expected=expected("object"))
    fields = {field.name: field for field in fields_of(kind)}
    problems: list[Problem] = []
    for name, value in changes.items():
        if name not in fields:
            problems.append(Problem(code="setting_unknown", field=f"{path}.{name}"))
        elif value is not None:
            problems += problems_of(fields[name], value, f"{path}.{name}")
    if problems:
        raise Refused(*problems)
    return dict(changes)
