"""Structured logs: one line an event, with the request's, the city's and the trace's ids on every line."""

from __future__ import annotations

import logging
import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import structlog

from leancity.core.telemetry.spans import current_trace_id, trace_id_of


def configure(form: Literal["json", "text"] | str) -> None:
    """Send this process's logs to standard error as JSON lines or as text; the standard library's loggers too."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor
    if form == "json":
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        # The default formatter prints the local variables of every frame, passwords and people among them.
        plain = structlog.dev.plain_traceback
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


@contextmanager
def request_ids(request_id: str, traceparent: str, **more: str) -> Iterator[str]:
    """Put the ids on every log line of the block; yield the request's id.

    A caller's ``X-Request-Id`` is kept when it is plain. The trace id is that of the trace being kept here, else
    that of the caller's W3C ``traceparent``.
    """
    if not re.fullmatch(r"[A-Za-z0-9._-]{8,64}", request_id):
        request_id = secrets.token_hex(16)
    trace_id = current_trace_id() or trace_id_of(traceparent) or secrets.token_hex(16)
    with structlog.contextvars.bound_contextvars(request_id=request_id, trace_id=trace_id, **more):
        yield request_id


def current_request_id() -> str:
    """Return the id of the request or job being served, "" outside one."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))
