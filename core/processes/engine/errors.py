"""What the engine refuses: a model it would not run as drawn, and a step that can't be carried out."""

from __future__ import annotations

from typing import Any


class CompileError(Exception):
    """A model that the engine doesn't run. ``code`` is a key of the message catalogue; ``element`` is the id of the
    element at fault or the empty text; ``params`` fill the message."""

    def __init__(self, code: str, element: str = "", **params: Any) -> None:
        super().__init__(f"{code}: {element}" if element else code)
        self.code = code
        self.element = element
        self.params = params


class StepError(Exception):
    """A step that can't be carried out; the state it began from still holds.

    ``code`` is a key of the message catalogue; ``element`` is the id of the node at fault or the empty text; ``params``
    fill the message. Neither holds a value of the facts.
    """

    def __init__(self, code: str, element: str = "", **params: Any) -> None:
        super().__init__(f"{code}: {element}" if element else code)
        self.code = code
        self.element = element
        self.params = params
