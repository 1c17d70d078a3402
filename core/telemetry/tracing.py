"""Traces, sent to an OpenTelemetry collector where the environment names one (the standard ``OTEL_*`` variables).

What can't be sent is dropped: spans wait in a queue of fixed length and leave by a thread of their own, a collector
that is away is told of once a minute, and stopping waits for it a few seconds.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from importlib.metadata import version

import structlog

from leancity.core.telemetry import spans

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PATIENCE = 3.0  # seconds for the last spans, when a process stops
SILENCE = 60.0  # seconds between two lines about a collector that is away

log = structlog.get_logger()


class Traces:
    """What a process keeps of traces, until it stops."""

    def __init__(self, part: str) -> None:
        # Imported here: a process that keeps none does without their memory.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        _hush(logging.getLogger("opentelemetry"))
        os.environ.setdefault("OTEL_SERVICE_NAME", f"leancity-{part}")
        resource = Resource.create({"service.version": version("leancity")})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        spans.use(self._provider.get_tracer("leancity"))

    def stop(self) -> None:
        """Send what is left, for a few seconds at most."""
        spans.use(None)
        sending = threading.Thread(target=self._provider.shutdown, daemon=True)
        sending.start()
        sending.join(PATIENCE)


_traces: Traces | None = None


def start(part: str) -> None:
    """Keep traces of this process, the installation's ``part`` (web, worker, scheduler), where a collector is named."""
    global _traces
    is_off = (
        os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or os.environ.get("OTEL_TRACES_EXPORTER") == "none"
    )
    if _traces is None and not is_off and any(os.environ.get(name) for name in ENDPOINTS):
        _traces = Traces(part)


def stop() -> None:
    """Send what is left and keep no more."""
    global _traces
    stopped, _traces = _traces, None
    if stopped is not None:
        stopped.stop()


class _Seldom(logging.Handler):
    """Passes one line a minute on to our log: the library says the same of every batch it can't send."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._last = -SILENCE

    def emit(self, record: logging.LogRecord) -> None:
        if time.monotonic() - self._last >= SILENCE:
            self._last = time.monotonic()
            log.warning("traces are lost", reason=record.getMessage()[:500])


def _hush(logger: logging.Logger) -> None:
    logger.handlers = [_Seldom()]
    logger.propagate = False
