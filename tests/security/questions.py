"""The operation that asks for a row, and what its answer means."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
    is_required_argument,
    parse,
)

from tests.security.keys import Row, is_structure
from tests.security.ways import Way

REFUSALS = frozenset(
    {"not_signed_in", "forbidden", "not_found", "case_handover_elsewhere", "city_problems.sign_in_first"}
)
"""Codes that say no to who asks. All others tell what is wrong with what was asked."""
BESIDE = frozenset({"totalCount", "pageInfo", "errors"})
"""What is asked for beside the one field that leads on."""
SUBSCRIPTION = "Subscription"
VALUES = {"first": "1", "printed": "[]"}
"""Arguments of nested fields, where one must be given."""


class Broken(AssertionError):
    """The question itself is wrong, or the answer is neither yes nor no."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """``key`` is the row's with the words of the way; ``deed`` names the one whose arguments it takes, "" for none."""

    key: str
    row: Row
    text: str
    deed: str = ""
    seen: str = ""

    @cached_property
    def chain(self) -> list[str]:
        """Return the fields that lead to what the row asks for."""
        (operation,) = parse(self.text).definitions
        if not isinstance(operation, OperationDefinitionNode):
            raise Broken(self.text)
        found: list[str] = []
        node: OperationDefinitionNode | FieldNode = operation
        while node.selection_set is not None and len(found) < self._depth:
            named = [each for each in node.selection_set.selections if isinstance(each, FieldNode)]
            node = next(each for each in named if each.name.value not in BESIDE)
            if node.name.value == "__typename":
                break
            found.append(node.name.value)
        return found

    @property
    def _depth(self) -> int:
        if not self.row.is_root:
            return 99
        return 1 if self.row.type in {"Query", "Mutation", SUBSCRIPTION} else 2

    def cell(self, answer: Mapping[str, Any], ids: Mapping[str, str]) -> str:
        """Return ``+``, ``-``, ``m`` for masked, ``?`` where the fields of the class disagree."""
        return _Answer(self, answer).cell(ids)

    def outcome(self, answer: Mapping[str, Any], ids: Mapping[str, str]) -> str:
        """Return the cell with the codes of all refusals and the fields they befell: finer than a cell."""
        errors = sorted(f"{_code(error)} {_names(error['path'])[-1:]}" for error in answer.get("errors", ()))
        return " ".join([self.cell(answer, ids), *errors, *_Answer(self, answer).told()])

    def is_done(self, answer: Mapping[str, Any]) -> bool:
        """Tell whether a mutation was carried out."""
        return "errors" not in answer and not _Answer(self, answer).told()


class _Answer:
    def __init__(self, question: Question, answer: Mapping[str, Any]) -> None:
        self.question = question
        self.data = answer.get("data") or {}
        self.errors = list(answer.get("errors", ()))
        for error in self.errors:
            if _code(error) not in REFUSALS:
                raise Broken(f"{question.key}: {error}\n{question.text}")

    def told(self) -> list[str]:
        """Return the codes in the payload of a mutation."""
        if not self.question.deed:
            return []
        payload = self.data.get(self.question.chain[0]) or {}
        told = [error["code"] for error in payload.get("errors") or ()]
        for result in payload.get("results") or ():
            told += [error["code"] for error in result.get("errors") or ()]
        return told

    def cell(self, ids: Mapping[str, str]) -> str:
        if {*self.told()} & REFUSALS:
            return "-"
        return self._root(ids) if self.question.row.is_root else self._class(ids)

    def _root(self, ids: Mapping[str, str]) -> str:
        found = [*_walk(self.data, self.question.chain)]
        if not found or found[0] is None:
            return "-"
        if self.errors:
            return "?"
        return "+" if _has(found, self.question.seen, ids) and _agree(found[0]) else "-"

    def _class(self, ids: Mapping[str, str]) -> str:
        chain = self.question.chain
        objects = [each for each in _walk(self.data, chain) if each is not None]
        on_the_way = [error for error in self.errors if len(_names(error["path"])) <= len(chain)]
        if on_the_way or not objects:
            return "-"
        refused = {_names(error["path"])[len(chain)] for error in self.errors}
        if refused and refused != {*self.question.row.fields}:
            return "?"
        if refused or not any(each[name] is not None for each in objects for name in self.question.row.fields):
            return "-"
        if any(each.get("isMasked") for each in objects):
            return "m"
        return "+" if _has(self.data, self.question.seen, ids) else "-"


def question(schema: GraphQLSchema, key: str, row: Row, way: Way, deed: str) -> Question:
    """Return the question of a row along a way."""
    if row.is_root and row.type == "Mutation":
        text = _mutation(schema, row.fields[0], _selection(schema.mutation_type, row.fields[0]))
    elif row.is_root:
        text = f"{'subscription ' if row.type == SUBSCRIPTION else ''}{{ {way.path} }}"
    else:
        type_ = schema.get_type(row.type)
        asked = " ".join(["__typename", *(f"{name} {_asked_of(type_, name)}" for name in row.fields)])
        plain = " isMasked" if "isMasked" in getattr(type_, "fields", {}) and "isMasked" not in row.fields else ""
        path = way.path.replace("@", asked + plain)
        if path.startswith("mutation "):
            name, _, selection = path.removeprefix("mutation ").partition(" ")
            selection = _with_codes(selection, row.type)
            text = _mutation(schema, name, selection)
        elif path.startswith("subscription "):
            text = f"subscription {{ {path.removeprefix('subscription ')} }}"
        else:
            text = f"{{ {path} }}"
    return Question(key=key, row=row, text=text, deed=deed, seen=way.seen)


def plain_way(schema: GraphQLSchema, row: Row) -> Way | None:
    """Return the way of a root field that needs no arguments."""
    type_ = schema.get_type(row.type)
    if not isinstance(type_, GraphQLObjectType):
        raise TypeError(row.type)
    if any(is_required_argument(argument) for argument in type_.fields[row.fields[0]].args.values()):
        return None
    path = f"{row.fields[0]} {_asked_of(type_, row.fields[0])}"
    if row.type in {"Query", SUBSCRIPTION}:
        return Way(path=path)
    query = schema.query_type
    opening = next((name for name, field in (query.fields if query else {}).items() if field.type is type_), "")
    return Way(path=f"{opening} {{ {path} }}")


def _mutation(schema: GraphQLSchema, name: str, selection: str) -> str:
    root = schema.mutation_type
    arguments: Mapping[str, GraphQLArgument] = root.fields[name].args if root else {}
    variables = ", ".join(f"${each}: {_variable(argument)}" for each, argument in arguments.items())
    passed = ", ".join(f"{each}: ${each}" for each in arguments)
    return f"mutation {f'({variables})' if variables else ''} {{ {name}{f'({passed})' if passed else ''} {selection} }}"


def _variable(argument: GraphQLArgument) -> str:
    # A variable that is not sent leaves the argument out, so that its own default counts.
    return str(argument.type) if is_required_argument(argument) else str(argument.type).removesuffix("!")


def _asked_of(type_: Any, name: str) -> str:
    """Return the arguments and the selection with which a field is asked for."""
    arguments = type_.fields[name].args.items()
    given = [f"{each}: {VALUES[each]}" for each, argument in arguments if is_required_argument(argument)]
    return (f"({', '.join(given)}) " if given else "") + _selection(type_, name)


def _selection(type_: Any, name: str) -> str:
    result = get_named_type(type_.fields[name].type)
    if not isinstance(result, GraphQLObjectType):
        return ""
    if result.name == "UserError":
        return "{ code }"
    if is_structure(result):
        return "{ totalCount pageInfo { hasNextPage } edges { node { __typename } } }"
    if type_.name == "Mutation":
        return (
            "{ __typename errors { code }"
            + (" results { errors { code } }" if "results" in result.fields else "")
            + " }"
        )
    return "{ __typename }"


def _with_codes(selection: str, type_: str) -> str:
    """Let a payload tell its codes too, where the row asks for other fields of it."""
    if type_.endswith("Payload"):
        return (
            selection if "errors {" in selection else selection.replace("__typename", "__typename errors { code }", 1)
        )
    return (
        selection.replace("{", "{ errors { code }", 1)
        if "results" not in selection
        else selection.replace("results {", "errors { code } results { errors { code }", 1)
    )


def _code(error: Mapping[str, Any]) -> str:
    return str(error["extensions"]["code"]).lower()


def _names(path: list[Any]) -> list[str]:
    return [each for each in path if isinstance(each, str)]


def _walk(value: Any, chain: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for each in value:
            yield from _walk(each, chain)
    elif not chain or value is None:
        yield value
    else:
        yield from _walk(value.get(chain[0]), chain[1:])


def _has(found: Any, seen: str, ids: Mapping[str, str]) -> bool:
    pattern = re.sub(r"\$(\w+)", lambda match: ids[match[1]], seen)
    return re.search(pattern, json.dumps(found)) is not None


def _agree(page: Any) -> bool:
    """Tell whether a page that counts its rows shows as many as it counts, at least that there are any."""
    if not isinstance(page, dict) or not {"totalCount", "edges"} <= page.keys():
        return True
    if bool(page["totalCount"]) != bool(page["edges"]):
        raise Broken(f"the list and its count disagree: {page}")
    return True
