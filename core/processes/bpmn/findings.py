"""What the reader and the lint say of a drawing, and the error of a file that is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class BpmnError(Exception):
    """Not a drawing we read. ``code`` is a key of the message catalogue; ``element`` the id of the element at fault or
    the empty text, ``line`` its line (1-based) or None."""

    def __init__(self, code: str, element: str = "", line: int | None = None, **params: Any) -> None:
        super().__init__(f"{code}: {element}" if element else code)
        self.code = code
        self.element = element
        self.line = line
        self.params = params


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend or to know. ``code`` is a key of the message catalogue, whose text takes ``title`` and
    ``params``; ``element`` is the id of the element, ``title`` its name (its id where it has none)."""

    code: str
    element: str
    title: str
    is_error: bool
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def facts(self) -> dict[str, Any]:
        """What the finding's text takes."""
        return {**self.params, "element": self.element, "title": self.title}
