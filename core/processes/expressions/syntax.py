"""The rules of the language, as a Pratt parser: what may begin an expression, and what may follow one, how tightly."""

from __future__ import annotations

from decimal import Decimal

from leancity.core.processes.expressions.errors import NESTING, ExpressionError
from leancity.core.processes.expressions.functions import ALIASES, FUNCTIONS, SPACED
from leancity.core.processes.expressions.nodes import (
    Binary,
    Call,
    Context,
    For,
    If,
    In,
    Index,
    Items,
    Literal,
    Logic,
    Name,
    Negative,
    Node,
    Not,
    Path,
    Quantified,
    Range,
    UnaryTest,
)
from leancity.core.processes.expressions.tokens import END, NUMBER, SIGN, TEXT, WORD, Token
from leancity.core.processes.expressions.values import Duration, number, temporal

CHOICE, OR, AND, NOT, COMPARISON, SUM, PRODUCT, POWER, SIGNED, PART = range(1, 11)
"""How tightly an operator holds what stands beside it; in FEEL a sign holds tighter than a power."""

_COMPARISONS = {"eq": "=", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_COMPARISONS |= {sign: sign for sign in _COMPARISONS.values()}
_OTHERS = {"&&": "and", "||": "or", "div": "/", "mod": "%"}
_TIGHTNESS = (
    {"?": CHOICE, "if": CHOICE, "or": OR, "and": AND, "+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "%": PRODUCT}
    | {"**": POWER, ".": PART, "[": PART}
    | dict.fromkeys((*_COMPARISONS.values(), "in", "not", "between", "is"), COMPARISON)
)
_CONSTANTS = {"true": True, "True": True, "false": False, "False": False, "null": None, "None": None}
_RESERVED = frozenset({"and", "or", "in", "between", "is", "then", "else", "satisfies", "return"})
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_MOST_WORDS = max(map(len, SPACED))


class Parser:
    """Reads the tokens of one text. ``is_test``: ``?`` stands for the value that a decision table asks about."""

    def __init__(
        self,
        found: list[Token],
        functions: frozenset[str],
        *,
        is_juel: bool = False,
        is_zero_based: bool = False,
        is_test: bool = False,
    ) -> None:
        self._tokens = found
        self._place = 0
        self._nesting = 0
        self._functions = functions
        self._is_juel = is_juel
        self._is_zero_based = is_zero_based
        self._is_test = is_test

    @property
    def token(self) -> Token:
        """The token that is read next."""
        return self._tokens[self._place]

    def whole(self) -> Node:
        """Read an expression that is all there is."""
        found = self.expression()
        self.end()
        return found

    def end(self) -> None:
        """Raise ``ExpressionError`` unless all is read."""
        if self.token.kind != END:
            raise self._unexpected()

    def expression(self, above: int = 0) -> Node:
        """Read an expression whose operators hold tighter than ``above``."""
        self._nesting += 1
        if self._nesting > NESTING:
            raise ExpressionError("expression_too_deep", self.token.at, limit=NESTING)
        left = self._first()
        while (tightness := _TIGHTNESS.get(self._operator(), 0)) > above:
            left = self._followed(left, tightness)
        self._nesting -= 1
        return left

    def has(self, text: str) -> bool:
        """Tell whether the next token is this sign or word."""
        token = self.token
        return token.text == text and token.kind in {SIGN, WORD} and not token.is_quoted

    def accept(self, text: str) -> bool:
        """Go past a sign or a word where it stands next."""
        if self.has(text):
            self._place += 1
            return True
        return False

    def expect(self, text: str) -> None:
        """Go past a sign or a word; raises ``ExpressionError`` where another thing stands."""
        if not self.accept(text):
            raise self._unexpected()

    def tests(self) -> tuple[Node, ...]:
        """Read tests with commas between: ``< 5``, ``[1..3)``, expressions."""
        found = [self._test(0)]
        while self.accept(","):
            found.append(self._test(0))
        return tuple(found)

    def negated_tests(self) -> tuple[Node, ...] | None:
        """Read ``not(tests)`` where that is all there is; None, with nothing read, where it isn't."""
        begin = self._place
        if not (self.accept("not") and self.accept("(")):
            self._place = begin
            return None
        try:
            found = self.tests()
            self.expect(")")
            self.end()
        except ExpressionError:  # not(a) and b: tried once for a text, so that it costs no more than twice
            self._place, self._nesting = begin, 0
            return None
        return found

    def _next(self) -> Token:
        token = self.token
        self._place += 1
        return token

    def _unexpected(self) -> ExpressionError:
        token = self.token
        if token.kind == END:
            return ExpressionError("expression_ended", token.at)
        return ExpressionError("expression_unexpected", token.at, found=token.text[:40])

    def _operator(self) -> str:
        token = self.token
        if token.is_quoted or token.kind not in {SIGN, WORD}:
            return ""
        if token.text == "not" and not self._is_ahead(1, "in"):
            return ""
        if token.text == "[" and any(self._is_ahead(1, text) for text in ("", ",", ")", "and", "or")):
            return ""  # the end of [1..5[, whose bracket looks like that of a position
        return _COMPARISONS.get(token.text) or _OTHERS.get(token.text, token.text)

    def _is_ahead(self, by: int, text: str) -> bool:
        place = self._place + by
        if place >= len(self._tokens):
            return False
        token = self._tokens[place]
        return token.text == text and token.kind != TEXT and not token.is_quoted

    # What may begin an expression

    def _first(self) -> Node:
        token = self.token
        if token.kind == NUMBER:
            self._place += 1
            return Literal(self._number(token), at=token.at)
        if token.kind == TEXT:
            self._place += 1
            return Literal(token.text, at=token.at)
        if token.kind == WORD:
            return self._word(token)
        return self._sign(token)

    def _number(self, token: Token) -> int | Decimal | None:
        try:
            return number(Decimal(token.text))
        except ExpressionError as error:
            raise ExpressionError(error.code, token.at, **error.params) from None

    def _word(self, token: Token) -> Node:
        if token.is_quoted:
            return Name(self._next().text, at=token.at)
        for count in range(_MOST_WORDS, 1, -1):
            following = self._tokens[self._place : self._place + count]
            words = tuple(each.text if each.kind == WORD and not each.is_quoted else "" for each in following)
            if words in SPACED and self._is_ahead(count, "("):
                self._place += count
                return self._call(SPACED[words], token.at)
        if token.text in _RESERVED:
            raise self._unexpected()
        self._place += 1
        match token.text:
            case "not":
                return Not(self.expression(NOT), at=token.at)
            case "if":
                test = self.expression()
                self.expect("then")
                value = self.expression()
                self.expect("else")
                return If(test, value, self.expression(), at=token.at)
            case "some" | "every" | "for" if self.token.kind == WORD and self._is_ahead(1, "in"):
                return self._loop(token)
            case "empty" if self._is_juel and not self.has("("):
                return Call("is_empty", (self.expression(SIGNED),), at=token.at)
        if token.text in _CONSTANTS:
            return Literal(_CONSTANTS[token.text], at=token.at)
        if self.has("("):
            return self._call("is_empty" if self._is_juel and token.text == "empty" else token.text, token.at)
        return Name(token.text, at=token.at)

    def _loop(self, begin: Token) -> Node:
        """Several ranges are loops in one another: the first is the outermost."""
        name = self._next()
        self.expect("in")
        domain = self.expression()
        if self.accept(","):
            if self.token.kind != WORD or not self._is_ahead(1, "in"):
                raise self._unexpected()
            self._nesting += 1
            if self._nesting > NESTING:
                raise ExpressionError("expression_too_deep", self.token.at, limit=NESTING)
            body = self._loop(begin)
            self._nesting -= 1
        else:
            self.expect("return" if begin.text == "for" else "satisfies")
            body = self.expression()
        if begin.text == "for":
            return For(name.text, domain, body, at=begin.at)
        return Quantified(begin.text == "every", name.text, domain, body, at=begin.at)

    def _call(self, name: str, at: int) -> Node:
        self.expect("(")
        arguments = self._listed(")")
        name = name if name in self._functions else ALIASES.get(name, name)
        if name not in self._functions:
            known = FUNCTIONS.get(name)
            if known is None:
                raise ExpressionError("expression_function_unknown", at, name=name)
            if not known.least <= len(arguments) <= known.most:
                raise ExpressionError("expression_arguments", at, name=known.feel, least=known.least, most=known.most)
        return Call(name, arguments, at=at)

    def _listed(self, closing: str) -> tuple[Node, ...]:
        found: list[Node] = []
        while not self.accept(closing):
            if found:
                self.expect(",")
            found.append(self.expression())
        return tuple(found)

    def _sign(self, token: Token) -> Node:
        sign = token.text if token.kind == SIGN else ""
        if sign not in {"(", "[", "{", "-", "!", "@"} and not (sign == "?" and self._is_test):
            raise self._unexpected()
        self._place += 1
        match sign:
            case "(":
                inner = self.expression()
                self.expect(")")
                return inner
            case "[":
                return Items(self._listed("]"), at=token.at)
            case "{":
                return self._context(token.at)
            case "-":
                return Negative(self.expression(SIGNED), at=token.at)
            case "!":
                return Not(self.expression(SIGNED), at=token.at)
            case "@":
                return self._temporal()
        return Name("?", at=token.at)

    def _context(self, at: int) -> Node:
        entries: dict[str, Node] = {}
        while not self.accept("}"):
            if entries:
                self.expect(",")
            if self.token.kind not in {WORD, TEXT} or self.token.text in entries:
                raise self._unexpected()
            key = self._next().text
            self.expect(":")
            entries[key] = self.expression()
        return Context(tuple(entries.items()), at=at)

    def _temporal(self) -> Node:
        """``@"2026-05-01"`` is FEEL's short way to write a date, a date-time or a duration."""
        token = self.token
        value = temporal(token.text) if token.kind == TEXT else None
        if value is None:
            raise self._unexpected()
        self._place += 1
        name = "duration" if isinstance(value, Duration) else "date_and_time" if "T" in token.text else "date"
        return Call(name, (Literal(token.text, at=token.at),), at=token.at)

    # What may follow one

    def _followed(self, left: Node, tightness: int) -> Node:
        op, token = self._operator(), self._next()
        if tightness == COMPARISON:
            found = self._comparison(op, left)
            if _TIGHTNESS.get(self._operator()) == COMPARISON:
                raise self._unexpected()  # a < b < c says one thing in Python and another in FEEL
            return found
        match op:
            case ".":
                if self.token.kind != WORD:
                    raise self._unexpected()
                return Path(left, self._next().text, at=token.at)
            case "[":
                index = self._index(self.expression())
                self.expect("]")
                return Index(left, index, at=token.at)
            case "and" | "or":
                values = [left, self.expression(tightness)]
                while self._operator() == op:
                    self._place += 1
                    values.append(self.expression(tightness))
                return Logic(op, tuple(values), at=left.at)
            case "?":
                value = self.expression()
                self.expect(":")
                return If(left, value, self.expression(), at=left.at)
            case "if":
                test = self.expression(CHOICE)
                self.expect("else")
                return If(test, left, self.expression(), at=left.at)
            case "%":
                return Call("modulo", (left, self.expression(tightness)), at=token.at)
        return Binary(op, left, self.expression(tightness), at=token.at)

    def _index(self, index: Node) -> Node:
        if self._is_zero_based and isinstance(index, Literal) and type(index.value) is int:
            return Literal(index.value + 1, at=index.at)
        return index

    def _comparison(self, op: str, left: Node) -> Node:
        match op:
            case "in":
                return In(left, self._inside(), at=left.at)
            case "not":
                self.expect("in")
                return Not(In(left, self._inside(), at=left.at), at=left.at)
            case "between":
                low = self.expression(COMPARISON)
                self.expect("and")
                return In(left, (Range(low, self.expression(COMPARISON), True, True, at=low.at),), at=left.at)
            case "is":
                return Binary("!=" if self.accept("not") else "=", left, self.expression(COMPARISON), at=left.at)
        return Binary(op, left, self.expression(COMPARISON), at=left.at)

    def _inside(self) -> tuple[Node, ...]:
        if not self.has("(") or self._is_range():
            return (self._test(COMPARISON),)
        self._place += 1
        found = self.tests()
        self.expect(")")
        return found

    def _test(self, above: int) -> Node:
        token = self.token
        if token.kind == SIGN and token.text in _COMPARISONS:
            self._place += 1
            return UnaryTest(token.text, self.expression(COMPARISON), at=token.at)
        if self._is_range():
            self._place += 1
            low = self.expression(COMPARISON)
            self.expect("..")
            high = self.expression(COMPARISON)
            has_high = self.has("]")
            if not (has_high or self.has(")") or self.has("[")):
                raise self._unexpected()
            self._place += 1
            return Range(low, high, token.text == "[", has_high, at=token.at)
        return self.expression(above)

    def _is_range(self) -> bool:
        """Look ahead for the dots before the bracket closes: reading twice would double with every level."""
        if self.has("]"):
            return True
        if not self.has("[") and not self.has("("):
            return False
        level = 0
        for token in self._tokens[self._place + 1 :]:
            if token.kind != SIGN:
                continue
            if token.text == ".." and level == 0:
                return True
            level += (token.text in _OPENING) - (token.text in _CLOSING)
            if level < 0:
                return False
        return False
