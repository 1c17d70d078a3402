"""The operator's page lists every metric, and no other: by its name, its type and its labels."""

from __future__ import annotations

import re

from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

from leancity.core.telemetry import metrics, queues
from tests.house.source import ROOT

PAGE = ROOT / "docs" / "operators" / "observability.md"
_ROW = re.compile(r"^\| `(leancity_\w+)` \| (\w+) \| ([^|]*) \| ([^|]+) \|$", re.MULTILINE)


def test_every_metric_is_documented() -> None:
    known = [each for each in (*vars(metrics).values(), *vars(queues.gauges()).values()) if _is_metric(each)]
    wanted = {_exposed(each): (each._type, ", ".join(f"`{name}`" for name in each._labelnames)) for each in known}
    rows = {name: (kind, labels.strip()) for name, kind, labels, _ in _ROW.findall(PAGE.read_text("utf-8"))}
    assert rows == wanted


def test_every_metric_is_declared_where_the_page_is_compared_with_it() -> None:
    declared = {
        _exposed(each) for each in (*vars(metrics).values(), *vars(queues.gauges()).values()) if _is_metric(each)
    }
    exposed = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in REGISTRY.collect()
        if family.name.startswith("leancity_")
    }
    assert exposed == declared


def _is_metric(value: object) -> bool:
    return isinstance(value, MetricWrapperBase)


def _exposed(metric: MetricWrapperBase) -> str:
    return f"{metric._name}_total" if metric._type == "counter" else metric._name
