"""One operation, from its text to its answer.

Parsing, limits, validation and variables come before execution and are told apart from it, because HTTP answers them
differently; strawberry then executes the document that was checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import (
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    get_operation_ast,
    get_variable_values,
    parse,
    specified_rules,
    validate,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from leancity.core.db.unit import operation
from leancity.core.errors import Refused, refuse
from leancity.core.i18n.catalogue import text
from leancity.core.identity.principal import current_principal
from leancity.core.telemetry.metrics import OPERATIONS_REFUSED
from leancity.core.telemetry.operations import executing
from leancity.graphql import limits
from leancity.graphql.api.context import Context
from leancity.graphql.errors import RequestRefused, coded, field_errors, refusal_errors, request_error
from leancity.graphql.http import Params

RULES: tuple[type[ASTValidationRule], ...] = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)


class NoIntrospection(NoSchemaIntrospectionCustomRule):
    """Refuses to show the schema, once a document."""

    told = False

    def enter_field(self, node: FieldNode, *_args: Any) -> None:
        if not self.told:
            super().enter_field(node)

    def report_error(self, error: GraphQLError) -> None:
        self.told = True
        message = text("introspection_disabled", current_principal().locale)
        super().report_error(GraphQLError(message, error.nodes, extensions={"code": "INTROSPECTION_DISABLED"}))


class Prepared(SchemaExtension):
    """Hands strawberry the document that has been parsed and validated already."""

    def on_operation(self) -> Iterator[None]:
        self.execution_context.validation_rules = ()
        yield

    def on_parse(self) -> Iterator[None]:
        self.execution_context.graphql_document = self.execution_context.context.document
        yield


@dataclass(frozen=True, kw_only=True)
class Caller:
    """What the asking side may do.

    ``may_explore`` shows it the schema, ``may_change`` lets it run mutations, ``may_stream`` subscriptions.
    """

    may_explore: bool
    may_change: bool
    may_stream: bool = False


async def execute(schema: strawberry.Schema, params: Params, document: DocumentNode) -> dict[str, Any]:
    """Return ``{data, errors}`` of a query or mutation that ``prepare`` has let pass.

    All its reads share one snapshot, a mutation's payload is read in one opened after the commit.
    """
    chosen = get_operation_ast(document, params.operation_name or None)
    with executing(chosen.operation.value if chosen else "none") as execution:
        async with operation():
            result = await schema.execute(
                params.query,
                variable_values=params.variables,
                context_value=Context(document=document),
                operation_name=params.operation_name or None,
            )
        if result.errors:
            execution.outcome = "errors"
    return answer(result.data, result.errors)


def answer(data: dict[str, Any] | None, errors: Sequence[GraphQLError] | None) -> dict[str, Any]:
    """Return the result of an execution as it is answered."""
    told = [answered for error in errors or () for answered in field_errors(error)]
    return {"data": data, "errors": told} if told else {"data": data}


def prepare(schema: strawberry.Schema, params: Params, caller: Caller) -> DocumentNode:
    """Return the document, checked as far as it can be without executing it; raise ``RequestRefused``."""
    try:
        return _prepared(schema, params, caller)
    except RequestRefused:
        OPERATIONS_REFUSED.inc()
        raise


def _prepared(schema: strawberry.Schema, params: Params, caller: Caller) -> DocumentNode:
    document = _parse(params.query)
    chosen = get_operation_ast(document, params.operation_name or None)
    if chosen is None:
        raise RequestRefused([coded("Name one of the document's operations", "OPERATION_RESOLUTION_FAILURE")])
    if chosen.operation is OperationType.MUTATION and not caller.may_change:
        raise RequestRefused([coded("Send mutations by POST", "MUTATION_BY_GET")], status=405)
    try:
        limits.check_limits(schema._schema, document, chosen, params.variables or {})
    except Refused as refusal:
        raise RequestRefused(refusal_errors(refusal)) from refusal
    rules = RULES if caller.may_explore else (*RULES, NoIntrospection)
    errors = validate(schema._schema, document, rules, max_errors=10, hide_suggestions=not caller.may_explore)
    if errors:
        raise RequestRefused([request_error(error, "GRAPHQL_VALIDATION_FAILED") for error in errors])
    if chosen.operation is OperationType.SUBSCRIPTION and not caller.may_stream:
        raise RequestRefused([coded("Open a WebSocket for subscriptions", "SUBSCRIPTION_BY_HTTP")])
    _check_variables(schema, chosen, params.variables or {}, caller)
    return document


def _parse(query: str) -> DocumentNode:
    try:
        return parse(
            query,
            max_lexical_tokens=limits.MAX_TOKENS,
            max_comments=limits.MAX_COMMENTS,
            max_source_length=limits.MAX_SOURCE,
        )
    except GraphQLSyntaxError as error:
        if error.message.endswith("Parsing aborted."):  # one of the three limits; graphql-core has no code for them
            raise RequestRefused(refusal_errors(refuse("query_too_long", limit=limits.MAX_TOKENS))) from error
        raise RequestRefused([request_error(error, "GRAPHQL_PARSE_FAILED")]) from error


def _check_variables(
    schema: strawberry.Schema, chosen: OperationDefinitionNode, variables: dict[str, Any], caller: Caller
) -> None:
    values = get_variable_values(
        schema._schema,
        chosen.variable_definitions or (),
        variables,
        max_errors=10,
        hide_suggestions=not caller.may_explore,
    )
    if isinstance(values, list):
        raise RequestRefused([request_error(error, "BAD_USER_INPUT") for error in values])
