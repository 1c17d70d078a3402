"""A text cut into words, signs, numbers and quoted texts, each with its column.

One linear pattern; digits are ASCII, names are letters of any alphabet. What isn't on the list (invisible characters,
typographic quotes, combining marks) is refused by its character, so that nothing reads differently than it looks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from leancity.core.processes.expressions.errors import ExpressionError

WORD, NUMBER, TEXT, SIGN, END = "word", "number", "text", "sign", "end"

_TOKEN = re.compile(
    r"""
    (?P<number>[0-9]+(?:\.[0-9]+)?)
  | (?P<word>[^\W\d]\w*)
  | (?P<quoted>`[^`\n]+`)
  | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<open>["'`])
  | (?P<sign>\.\.|\*\*|==|!=|<>|<=|>=|&&|\|\||[-+*/%=<>≤≥≠!()\[\]{},.:?@])
    """,
    re.VERBOSE | re.DOTALL,
)
_SPACE = re.compile(r"[ \t\r\n\u00a0]*")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{6})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\", "/": "/"}
_SPELLINGS = {"==": "=", "≠": "!=", "<>": "!=", "≤": "<=", "≥": ">="}
_SURROGATES = re.compile("[\ud800-\udfff\0]")
"""Halves of a character, and the zero that no text of the database can hold."""


@dataclass(frozen=True, slots=True)
class Token:
    """``text`` is a word, the digits of a number, what a quoted text says, or a sign; ``at`` its 1-based column.

    ``is_quoted``: a word in backticks, which is never a keyword.
    """

    kind: str
    text: str
    at: int
    is_quoted: bool = False


def tokens(source: str, begin: int, end: int) -> list[Token]:
    """Cut ``source[begin:end]``; the last token is the END. Raises ``ExpressionError``."""
    found: list[Token] = []
    place = _skip(source, begin, end)
    while place < end:
        match = _TOKEN.match(source, place, end)
        if match is None:
            raise ExpressionError("expression_character", place + 1, character=_shown(source[place]))
        found.append(_token(match))
        place = _skip(source, match.end(), end)
    found.append(Token(END, "", end + 1))
    return found


def _token(match: re.Match[str]) -> Token:
    text, at = match[0], match.start() + 1
    match match.lastgroup:
        case "number":
            return Token(NUMBER, text, at)
        case "word":
            if text.startswith("_"):
                raise ExpressionError("expression_name", at, name=text)
            return Token(WORD, text, at)
        case "quoted":
            return Token(WORD, _name(text[1:-1], at), at, is_quoted=True)
        case "text":
            return Token(TEXT, _unescaped(text[1:-1], at), at)
        case "open":
            raise ExpressionError("expression_text_open", at)
        case _:
            return Token(SIGN, _SPELLINGS.get(text, text), at)


def _name(name: str, at: int) -> str:
    """A name in backticks may hold blanks and signs, but nothing that can't be seen."""
    if not name.isprintable() or name.startswith("_") or name != name.strip():
        raise ExpressionError("expression_name", at, name=_shown(name))
    return name


def _unescaped(text: str, at: int) -> str:
    if "\\" in text:
        text = _ESCAPE.sub(lambda match: _escaped(match, at), text)
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")  # two halves are one character
    if found := _SURROGATES.search(text):
        raise ExpressionError("expression_character", at, character=_shown(found[0]))
    return text


def _escaped(match: re.Match[str], at: int) -> str:
    code = match[1] or match[2]
    if code is not None and int(code, 16) <= 0x10FFFF:
        return chr(int(code, 16))
    if code is None and match[3] in _ESCAPED:
        return _ESCAPED[match[3]]
    raise ExpressionError("expression_escape", at + 1 + match.start(), escape=_shown(match[0]))


def _skip(source: str, place: int, end: int) -> int:
    match = _SPACE.match(source, place, end)
    return match.end() if match else place


def _shown(text: str) -> str:
    """A character as a message may show it: what can't be seen by its number."""
    return "".join(each if each.isprintable() else f"U+{ord(each):04X}" for each in text[:40])
