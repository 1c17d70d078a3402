"""The operations of one socket: each in a task of its own, entered anew."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import structlog
from graphql import DocumentNode, GraphQLError, OperationType, get_operation_ast

from leancity.core.audit.desk import Passage
from leancity.core.audit.writing import AWAY, AuditUnavailable
from leancity.core.config import Config
from leancity.core.errors import Problem
from leancity.core.i18n.catalogue import describe, text
from leancity.core.identity.principal import acting_as, current_principal, stranger
from leancity.core.telemetry.operations import executing
from leancity.core.tenancy.context import current_tenant
from leancity.graphql.cache import SchemaCache
from leancity.graphql.errors import RequestRefused, coded, field_errors
from leancity.graphql.execution import Caller, execute, prepare
from leancity.graphql.http import Params
from leancity.graphql.socket.bound import Bound, apart
from leancity.graphql.socket.looks import Looks
from leancity.graphql.socket.protocol import Close, Closing, complete, duplicate, error, next_
from leancity.graphql.socket.stream import Stream
from leancity.graphql.socket.terms import Terms

Send: TypeAlias = Callable[[dict[str, Any]], Awaitable[None]]
_log = structlog.get_logger("leancity.graphql")
_begun: set[asyncio.Task[None]] = set()  # the loop itself holds tasks weakly


@dataclass(eq=False, kw_only=True)
class Operation:
    """``is_wanted`` until the client has completed it; a mutation that has begun goes on all the same."""

    id: str
    params: Params
    bound: Bound
    is_wanted: bool = True
    is_mutation: bool = False
    task: asyncio.Task[None] = field(init=False)

    def drop(self) -> None:
        self.is_wanted = False
        if not self.is_mutation:
            self.task.cancel()


class Operations:
    """``send`` sends a message, ``close`` closes the socket."""

    def __init__(
        self,
        schemas: SchemaCache,
        config: Config,
        terms: Terms,
        looks: Looks,
        send: Send,
        close: Callable[[Close], None],
    ) -> None:
        self._schemas = schemas
        self._config = config
        self._terms = terms
        self._looks = looks
        self._send = send
        self._close = close
        self._running: set[Operation] = set()

    async def begin(self, id_: str, params: Params, bound: Bound) -> None:
        """Start an operation; raise ``Closing`` (4409) for an id in use."""
        if any(running.id == id_ and running.is_wanted for running in self._running):
            raise Closing(duplicate(id_))
        if len(self._running) >= self._terms.operations:
            problem = Problem(code="too_many_operations", params={"limit": self._terms.operations})
            await self._send(error(id_, [coded(describe(problem, bound.locale), "TOO_MANY_OPERATIONS")]))
            return
        operation = Operation(id=id_, params=params, bound=bound)
        self._running.add(operation)
        operation.task = apart(self._run(operation))
        _begun.add(operation.task)
        operation.task.add_done_callback(_begun.discard)

    def complete(self, id_: str) -> None:
        """Stop what the client no longer wants; an id that is not in use has just ended."""
        for operation in self._running:
            if operation.id == id_ and operation.is_wanted:
                operation.drop()

    def drop_all(self) -> None:
        for operation in self._running:
            operation.drop()

    async def _run(self, operation: Operation) -> None:
        try:
            await self._operate(operation)
            await self._answer(operation, complete(operation.id))
        except Closing as closing:
            self._close(closing.close)
        except RequestRefused as refusal:
            await self._answer(operation, error(operation.id, refusal.errors))
        except Exception as failure:
            await self._answer(operation, error(operation.id, _failed(failure, operation.bound.locale)))
        finally:
            self._running.discard(operation)

    async def _operate(self, operation: Operation) -> None:
        async with operation.bound.entered(self._looks.of, is_used=True) as passage:
            schema = await self._schemas.schema_for(current_tenant().modules)
            may_explore = self._config.is_development or not current_principal().is_stranger
            caller = Caller(may_explore=may_explore, may_change=True, may_stream=True)
            document = prepare(schema, operation.params, caller)
            kind = _kind(document, operation.params)
            if kind is OperationType.SUBSCRIPTION:
                await self._stream(operation, await Stream.open(schema, operation.params, document), passage)
                return
            operation.is_mutation = kind is OperationType.MUTATION
            result = await execute(schema, operation.params, document)
        await self._answer(operation, next_(operation.id, result))

    async def _stream(self, operation: Operation, stream: Stream, passage: Passage) -> None:
        async with aclosing(stream.events):
            async for event in stream.events:
                await passage.settle()
                result = await apart(self._executed(operation.bound, stream, event))
                if result is not None:
                    await self._answer(operation, next_(operation.id, result))

    async def _executed(self, bound: Bound, stream: Stream, event: Any) -> dict[str, Any] | None:
        """Execute an event for whom the directory knows now, not for whom the subscription was begun."""
        async with bound.entered(self._looks.of):
            with executing("subscription") as execution:
                result = await stream.executed(event)
                if result is not None and "errors" in result:
                    execution.outcome = "errors"
                return result

    async def _answer(self, operation: Operation, message: dict[str, Any]) -> None:
        if operation.is_wanted:
            await self._send(message)


def _kind(document: DocumentNode, params: Params) -> OperationType | None:
    chosen = get_operation_ast(document, params.operation_name or None)
    return chosen.operation if chosen else None


def _failed(failure: Exception, locale: str) -> list[dict[str, Any]]:
    """Return what ends an operation that broke outside any of its fields."""
    if isinstance(failure, AuditUnavailable):
        return [coded(text("audit_unavailable", locale), "AUDIT_UNAVAILABLE")]
    if isinstance(failure, AWAY):
        _log.error("the database is away", exc_info=failure)
        return [coded(text("unavailable", locale), "UNAVAILABLE")]
    with acting_as(stranger(locale)):
        return field_errors(GraphQLError(str(failure), original_error=failure))
