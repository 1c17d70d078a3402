"""A job's run, counted and traced as a part of what asked for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, TypeAlias

import structlog
from opentelemetry.trace import SpanKind

from leancity.core.telemetry.metrics import JOB_DELAY, JOBS
from leancity.core.telemetry.spans import span, trace_id_of
from leancity.core.tenancy.context import current_tenant

Outcome: TypeAlias = Literal["done", "retried", "dead", "postponed", "uncertain"]


@dataclass
class Run:
    """What became of it: whoever records the outcome on the row writes it here too, before the block ends."""

    outcome: Outcome = "done"


@contextmanager
def observing(name: str, queue: str, *, waited: float, trace: str) -> Iterator[Run]:
    """Count the run of the block, inside its city.

    ``waited`` is the seconds from the job's moment to now, ``trace`` the traceparent that was kept when it was asked
    for: log lines and spans of the block carry that trace's id. What is raised through the block is retried,
    unless the run says otherwise.
    """
    JOB_DELAY.labels(queue).observe(max(0.0, waited))
    run = Run()
    begun = time.perf_counter()
    asked_in = {"trace_id": trace_id} if (trace_id := trace_id_of(trace)) else {}
    with (
        structlog.contextvars.bound_contextvars(**asked_in),
        span(
            f"job {name}", kind=SpanKind.CONSUMER, parent=trace, leancity_city=current_tenant().slug, leancity_job=name
        ) as opened,
    ):
        try:
            yield run
        except BaseException:
            if run.outcome == "done":
                run.outcome = "retried"
            raise
        finally:
            opened.set_attribute("leancity.outcome", run.outcome)
            JOBS.labels(name, queue, run.outcome).observe(time.perf_counter() - begun)
