"""A running subscription: what its source yields, executed event by event.

Composed of graphql-core's own steps, because strawberry's ``subscribe`` executes every event in the task, and so in the
city and for the person, of the one before.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, Self, cast

from graphql import (
    DocumentNode,
    ExecutionResult,
    Executor,
    create_source_event_stream,
    execute_subscription_event,
)

from leancity.core.db.unit import operation
from leancity.graphql.api.context import Context
from leancity.graphql.api.live import Reread
from leancity.graphql.errors import RequestRefused, field_errors, request_error
from leancity.graphql.execution import answer
from leancity.graphql.http import Params
from leancity.graphql.schema import Schema


@dataclass(frozen=True, kw_only=True)
class Stream:
    """``events`` is what the source yields; close it."""

    events: AsyncGenerator[Any, None]
    _executor: Executor[Any]
    _document: DocumentNode

    @classmethod
    async def open(cls, schema: Schema, params: Params, document: DocumentNode) -> Self:
        """Ask the source of a subscription that ``prepare`` has let pass; raise ``RequestRefused`` when it refuses."""
        executor = schema.execution_context_class.build(
            schema._schema,
            document,
            context_value=Context(document=document),
            raw_variable_values=params.variables,
            operation_name=params.operation_name or None,
        )
        if isinstance(executor, list):
            raise RequestRefused([request_error(error, "BAD_USER_INPUT") for error in executor])
        source = create_source_event_stream(executor)
        if isawaitable(source):
            source = await source
        if isinstance(source, ExecutionResult):
            raise RequestRefused([told for error in source.errors or () for told in field_errors(error)])
        return cls(events=cast("AsyncGenerator[Any, None]", source), _executor=executor, _document=document)

    async def executed(self, event: Any) -> dict[str, Any] | None:
        """Return ``{data, errors}`` of one event, None for one that tells its hearer nothing."""
        executor = self._executor.build_per_event_executor(event)
        executor.context_value = Context(document=self._document)  # loaders never outlive an event
        async with operation():
            if isinstance(event, Reread) and not await event.reread():
                return None
            result = execute_subscription_event(executor)
            if isawaitable(result):
                result = await result
        return answer(result.data, result.errors)
