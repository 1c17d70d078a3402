"""GraphQL operations, counted and traced by what kind they are; their names and texts are the client's own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from leancity.core.telemetry.metrics import OPERATIONS
from leancity.core.telemetry.spans import span
from leancity.core.tenancy.context import current_tenant


@dataclass
class Execution:
    """What became of it: ``errors`` where a field has one."""

    outcome: Literal["ok", "errors", "failed"] = "ok"


@contextmanager
def executing(kind: str) -> Iterator[Execution]:
    """Count the execution of the block, in the city being served."""
    execution = Execution()
    begun = time.perf_counter()
    with span(f"graphql {kind}", leancity_city=current_tenant().slug) as opened:
        try:
            yield execution
        except BaseException:
            execution.outcome = "failed"
            raise
        finally:
            opened.set_attribute("leancity.outcome", execution.outcome)
            OPERATIONS.labels(kind, execution.outcome).observe(time.perf_counter() - begun)
