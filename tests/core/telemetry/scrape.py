"""Reading metrics as Prometheus does: over HTTP, with its own parser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import httpx
from prometheus_client.parser import text_string_to_metric_families

from leancity.core.testing.plain import NO_TLS
from leancity.core.testing.platform import METRICS_TOKEN
from tests.core.telemetry.processes import wait_until


@dataclass(frozen=True)
class Metrics:
    """One answer of ``/metrics``."""

    text: str

    def sum(self, name: str, **labels: str) -> float:
        """Return the sum of a sample over the series that have these labels."""
        return sum(
            sample.value
            for family in text_string_to_metric_families(self.text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def values(self, label: str) -> set[str]:
        """Return what a label is anywhere."""
        families = text_string_to_metric_families(self.text)
        return {sample.labels[label] for family in families for sample in family.samples if label in sample.labels}

    def series(self) -> int:
        """Return how many series there are."""
        return sum(len(family.samples) for family in text_string_to_metric_families(self.text))


def scrape(port: int, *, host: str = "10.0.0.1") -> Metrics:
    """Ask the process at ``port`` for its metrics, as one who bears the token."""
    headers = {"Host": host, "Authorization": f"Bearer {METRICS_TOKEN}"}
    answer = httpx.get(f"http://127.0.0.1:{port}/metrics", headers=headers, timeout=10, verify=NO_TLS)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return Metrics(answer.text)


def wait_for(port: int, holds: Callable[[Metrics], bool]) -> Metrics:
    """Scrape until ``holds``, of a process that perhaps is only being started, and return that answer."""

    def looked_at() -> Metrics | None:
        try:
            metrics = scrape(port)
        except httpx.TransportError:
            return None
        return metrics if holds(metrics) else None

    return cast("Metrics", wait_until(looked_at))
