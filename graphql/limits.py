"""What one operation may cost: its price, its depth, its aliases.

A field costs 1. A field with ``first`` costs 1 and its subtree once a row asked for (where none is given, the schema's
default, else 25), so that a list of lists is as dear as it is large; lists directly within what it returns are those
rows and are not counted again. A list without ``first`` counts as 5 rows. The document is measured before
it is validated, each fragment once, so that measuring is linear however fragments nest: strawberry's own limiters walk
a fragment anew at every spread, and thirty fragments that double make a billion steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from leancity.core.errors import refuse
from leancity.graphql.api.connections import PAGE_DEFAULT

MAX_COST = 5_000
MAX_DEPTH = 15
MAX_ALIASES = 30
MAX_TOKENS = 3_000
MAX_COMMENTS = 200
MAX_SOURCE = 50_000  # characters

LIST_ROWS = 5
INTROSPECTION_COST = 1_000  # the whole schema, whose depth graphql-core bounds


@dataclass(frozen=True, kw_only=True)
class Measure:
    """The size of a selection."""

    cost: int = 0
    depth: int = 0
    aliases: int = 0


def check_limits(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> None:
    """Refuse an operation that is too dear, too deep or has too many aliases."""
    try:
        meter = _Meter(schema, document, operation, variables)
        measure = meter.selections(operation.selection_set, schema.get_root_type(operation.operation))
    except RecursionError as error:  # fragments can nest deeper than the parser allows within one definition
        raise refuse("query_too_deep", limit=MAX_DEPTH) from error
    if measure.depth > MAX_DEPTH:
        raise refuse("query_too_deep", limit=MAX_DEPTH)
    if measure.aliases > MAX_ALIASES:
        raise refuse("query_too_many_aliases", limit=MAX_ALIASES)
    if measure.cost > MAX_COST:
        raise refuse("query_too_complex", cost=min(measure.cost, 10**12), limit=MAX_COST)


class _Meter:
    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> None:
        self._schema = schema
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        defaults = {
            definition.variable.name.value: definition.default_value
            for definition in operation.variable_definitions or ()
        }
        self._variables: dict[str, Any] = {**defaults, **variables}
        self._measured: dict[tuple[str, bool], Measure] = {}

    def selections(
        self, node: SelectionSetNode | None, parent: GraphQLNamedType | None, *, counted: bool = False
    ) -> Measure:
        """Measure a selection on the type ``parent``; None where the document asks for what the schema has not.

        ``counted``: the rows of its lists have been counted by the field that leads to it.
        """
        parts: list[Measure] = []
        for selection in node.selections if node else ():
            if isinstance(selection, FieldNode):
                parts.append(self._field(selection, parent, counted))
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                inner = self._schema.get_type(condition.name.value) if condition else parent
                parts.append(self.selections(selection.selection_set, inner, counted=counted))
            elif isinstance(selection, FragmentSpreadNode):
                parts.append(self._fragment(selection.name.value, counted))
        return Measure(
            cost=sum(part.cost for part in parts),
            depth=max((part.depth for part in parts), default=0),
            aliases=sum(part.aliases for part in parts),
        )

    def _fragment(self, name: str, counted: bool) -> Measure:
        place = (name, counted)
        if place not in self._measured and name in self._fragments:
            self._measured[place] = Measure()  # what a cycle comes back to; validation refuses it
            fragment = self._fragments[name]
            condition = self._schema.get_type(fragment.type_condition.name.value)
            self._measured[place] = self.selections(fragment.selection_set, condition, counted=counted)
        return self._measured.get(place, Measure())

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None, counted: bool) -> Measure:
        alias = 1 if node.alias else 0
        name = node.name.value
        if name in {"__schema", "__type"}:
            return Measure(cost=INTROSPECTION_COST, depth=1, aliases=alias)
        field: GraphQLField | None = getattr(parent, "fields", {}).get(name)
        inner = self.selections(
            node.selection_set,
            get_named_type(field.type) if field else None,
            counted=field is not None and "first" in field.args and not _is_list(field),
        )
        rows = self._rows(node, field, counted) if field and node.selection_set else 1
        return Measure(cost=1 + rows * inner.cost, depth=1 + inner.depth, aliases=alias + inner.aliases)

    def _rows(self, node: FieldNode, field: GraphQLField, counted: bool) -> int:
        if "first" in field.args:
            asked = next((argument.value for argument in node.arguments or () if argument.name.value == "first"), None)
            default = field.args["first"].default_value
            return max(1, self._whole(asked, default if type(default) is int else PAGE_DEFAULT))
        return LIST_ROWS if _is_list(field) and not counted else 1

    def _whole(self, value: ValueNode | None, default: int) -> int:
        """Return the number that a value or its variable stands for; what is no number, validation refuses."""
        given = self._variables.get(value.name.value) if isinstance(value, VariableNode) else value
        if isinstance(given, IntValueNode):
            return int(given.value)
        return given if type(given) is int else default


def _is_list(field: GraphQLField) -> bool:
    return is_list_type(get_nullable_type(field.type))
