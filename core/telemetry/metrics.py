"""Every metric of the platform, each with what it means; `docs/operators/observability.md` lists them for operators.

Labels have few values, known beforehand (a route's template, never a path; no city, no person): a series costs memory
in every process and in Prometheus, and a city's figures are its own.
"""

from __future__ import annotations

import os
from pathlib import Path

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that, set before this file is imported, makes the processes of one port count in files of a folder."""
CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for every one, which nothing here asks for

_QUICK = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_REQUEST = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_JOB = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0)
_DELAY = (0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0)

REQUESTS = Histogram(
    "leancity_http_request_duration_seconds",
    "HTTP requests by method, route's template (none: no route was reached) and class of status.",
    ("method", "route", "status"),
    buckets=_REQUEST,
)
SOCKETS = Gauge("leancity_sockets_open", "WebSockets that are open.", multiprocess_mode="livesum")
HANDSHAKES = Counter("leancity_socket_handshakes", "WebSocket handshakes by outcome: opened, refused.", ("outcome",))

OPERATIONS = Histogram(
    "leancity_graphql_operation_duration_seconds",
    "GraphQL executions by kind (query, mutation, an event of a subscription) and outcome: ok, errors, failed.",
    ("kind", "outcome"),
    buckets=_REQUEST,
)
OPERATIONS_REFUSED = Counter(
    "leancity_graphql_refused", "GraphQL operations that were not executed: unreadable, invalid, over a limit."
)

STATEMENTS = Histogram(
    "leancity_statement_duration_seconds",
    "SQL statements by kind, as the process that asked saw them.",
    ("kind",),
    buckets=_QUICK,
)
STATEMENT_ERRORS = Counter(
    "leancity_statement_errors",
    "SQL statements that failed, by kind and the class of their SQLSTATE (or cancelled, connection).",
    ("kind", "error"),
)
POOL_WAIT = Histogram("leancity_pool_wait_seconds", "Time a unit of work waited for a connection.", buckets=_QUICK)
POOL_CONNECTIONS = Gauge(
    "leancity_pool_connections",
    "Connections of the pool by state: used, idle.",
    ("state",),
    multiprocess_mode="livesum",
)
POOL_LIMIT = Gauge("leancity_pool_limit", "Connections that the pool may open.", multiprocess_mode="livesum")

JOBS = Histogram(
    "leancity_job_duration_seconds",
    "Runs of jobs by job, queue and outcome: done, retried, dead, postponed, uncertain.",
    ("job", "queue", "outcome"),
    buckets=_JOB,
)
JOB_DELAY = Histogram(
    "leancity_job_start_delay_seconds", "Time from a job's moment to its start.", ("queue",), buckets=_DELAY
)


def exposition() -> bytes:
    """Return the metrics as Prometheus reads them: of this process, or of all the processes behind the port."""
    folder = os.environ.get(FOLDER)
    if not folder:
        return generate_latest(REGISTRY)
    _forget_the_dead(Path(folder))
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def _forget_the_dead(folder: Path) -> None:
    """Drop what processes that are gone said of themselves; what they counted stays counted."""
    for pid in {file.stem.rpartition("_")[2] for file in folder.glob("gauge_live*.db")}:
        if not Path(f"/proc/{pid}").exists():
            mark_process_dead(pid)  # type: ignore[no-untyped-call]
