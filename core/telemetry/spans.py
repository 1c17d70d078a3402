"""Spans and trace ids, at the price of one test while no traces are kept (``core.telemetry.tracing`` turns them on).

Errors are told by their type: a message may quote what a person wrote.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from opentelemetry import trace
from opentelemetry.trace import INVALID_SPAN, Span, SpanKind, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")

_W3C = TraceContextTextMapPropagator()
_tracer: Tracer | None = None


def use(tracer: Tracer | None) -> None:
    """Make spans with ``tracer`` from now on, none with None."""
    global _tracer
    _tracer = tracer


def tracer() -> Tracer | None:
    """Return what makes spans; None while no traces are kept."""
    return _tracer


@contextmanager
def span(
    name: str, *, kind: SpanKind = SpanKind.INTERNAL, parent: str | None = None, **attributes: str
) -> Iterator[Span]:
    """Open a span around the block and put its trace's id on the block's log lines.

    It belongs to the span that is open here, or to that of the W3C traceparent ``parent`` ("": to none). Underscores in
    the names of ``attributes`` become dots.
    """
    if _tracer is None:
        yield INVALID_SPAN
        return
    context = None if parent is None else _W3C.extract({"traceparent": parent})
    given = {name.replace("_", "."): value for name, value in attributes.items()}
    with (
        _tracer.start_as_current_span(
            name, context, kind, given, record_exception=False, set_status_on_exception=False
        ) as opened,
        structlog.contextvars.bound_contextvars(trace_id=_hex(opened)),
    ):
        try:
            yield opened
        except BaseException as error:
            opened.set_status(StatusCode.ERROR, type(error).__name__)
            raise


def annotate(name: str, value: str) -> None:
    """Tell something more of the span that is open here, if any."""
    if _tracer is not None:
        trace.get_current_span().set_attribute(name, value)


def current_trace_id() -> str:
    """Return the id of the trace that is being kept here, "" when none is."""
    if _tracer is None:
        return ""
    opened = trace.get_current_span()
    return _hex(opened) if opened.get_span_context().is_valid else ""


def traceparent() -> str:
    """Return what work that is asked for here belongs to, "" outside any request, job or command with ids.

    Also where no traces are kept: log lines of the work then carry the id of what asked for it.
    """
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
    trace_id = structlog.contextvars.get_contextvars().get("trace_id")
    return f"00-{trace_id}-{secrets.token_hex(8)}-01" if trace_id else ""


def trace_id_of(parent: str) -> str:
    """Return the trace's id in a W3C traceparent, "" in what is none."""
    found = TRACEPARENT.fullmatch(parent)
    return found[1] if found else ""


def _hex(opened: Span) -> str:
    return f"{opened.get_span_context().trace_id:032x}"
