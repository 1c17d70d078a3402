"""What can be wrong with an expression, and the bounds within which one is read and run."""

from __future__ import annotations

from typing import Any

CHARACTERS = 2_000
NODES = 300
DEPTH = 50
NESTING = 80
"""Of the text: brackets are no depth of the tree, but the reader goes down into each."""
STEPS = 100_000
"""Of one evaluation: a visit of a node, an element of a list that is walked, a hundred characters of a text."""
NUMBER = 10**18
TEXT = 10_000
LIST = 1_000
ELEMENTS = 10_000
"""Of a value that an expression puts together, counted through all its levels."""


class ExpressionError(Exception):
    """An expression that can't be read or run.

    ``code`` is a key of the message catalogue, ``at`` the column in the text as it was written (1-based, None when no
    place is at fault), ``params`` fill the message and hold ``at`` too.

    Codes: ``expression_arguments``, ``expression_character``, ``expression_empty``, ``expression_ended``,
    ``expression_escape``, ``expression_function_failed``, ``expression_function_missing``,
    ``expression_function_unknown``, ``expression_name``, ``expression_not_printable``, ``expression_steps``,
    ``expression_text_open``, ``expression_too_big``, ``expression_too_deep``, ``expression_too_long``,
    ``expression_unexpected``, ``expression_value_too_big``.
    """

    def __init__(self, code: str, at: int | None = None, **params: Any) -> None:
        super().__init__(code if at is None else f"{code}: column {at}")
        self.code = code
        self.at = at
        self.params: dict[str, Any] = params if at is None else {**params, "at": at}

    def __reduce__(self) -> Any:
        """Go whole through a pipe: a dry run reads expressions in a process of its own."""
        return _again, (type(self), self.code, self.at, self.params)


def _again(kind: type[ExpressionError], code: str, at: int | None, params: dict[str, Any]) -> ExpressionError:
    return kind(code, at, **{name: value for name, value in params.items() if name != "at"})
