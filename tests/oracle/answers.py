"""What PM4Py says of logs: a program of the oracle's own environment, run by ``oracle.py``; nothing else imports it.

Standard input is one JSON object, standard output another; see ``main`` for their parts.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import pandas  # type: ignore[import-not-found, import-untyped, unused-ignore]
import pm4py  # type: ignore[import-not-found, unused-ignore]

CASE, ACTIVITY, AT = "case:concept:name", "concept:name", "time:timestamp"


def main() -> None:
    """Answer what is asked: ``events`` (case, activity, moment), ``xes`` (a path), ``bpmn`` (a path) with ``ways``."""
    asked = json.loads(sys.stdin.read())
    told: dict[str, Any] = {}
    if "events" in asked:
        log = pandas.DataFrame(asked["events"], columns=[CASE, ACTIVITY, AT])
        log[AT] = pandas.to_datetime(log[AT], utc=True, format="ISO8601")
        told["log"] = of_log(log)
    if "xes" in asked:
        read = pm4py.convert_to_dataframe(pm4py.read_xes(asked["xes"], return_legacy_log_object=True))
        done = read[read["lifecycle:transition"] == "complete"]
        told["xes"] = {"all": of_log(read), "done": of_log(done), "columns": sorted(read.columns)}
    if "bpmn" in asked:
        told["fits"] = fits(asked["bpmn"], asked["ways"])
    sys.stdout.write(json.dumps(told))


def of_log(log: Any) -> dict[str, Any]:
    """Return the counts of a log; durations in seconds by case."""
    graph, starts, ends = pm4py.discover_dfg(log)
    cases = {name: (part.min(), part.max()) for name, part in log.groupby(CASE)[AT]}
    return {
        "events": len(log),
        "cases": len(cases),
        "graph": [[source, target, int(times)] for (source, target), times in graph.items()],
        "starts": {name: int(times) for name, times in starts.items()},
        "ends": {name: int(times) for name, times in ends.items()},
        "variants": [[list(way), int(found)] for way, found in pm4py.get_variants(log).items()],
        "durations": sorted(pm4py.get_all_case_durations(log)),
        "spans": {name: (last - first).total_seconds() for name, (first, last) in cases.items()},
    }


def fits(path: str, ways: list[list[str]]) -> dict[str, list[bool]]:
    """Tell of each way whether it fits a drawing: by token replay, and by alignment, which is exact."""
    net, begin, end = pm4py.convert_to_petri_net(pm4py.read_bpmn(path))
    # A case of no steps can't be told to PM4Py.
    rows = [
        [f"{number:06d}", step, pandas.Timestamp("2026-01-01", tz="UTC") + pandas.Timedelta(minutes=place)]
        for number, way in enumerate(ways)
        for place, step in enumerate(way)
    ]
    log = pandas.DataFrame(rows, columns=[CASE, ACTIVITY, AT])
    replayed = pm4py.conformance_diagnostics_token_based_replay(log, net, begin, end)
    aligned = pm4py.conformance_diagnostics_alignments(log, net, begin, end)
    return {
        "replay": [bool(each["trace_is_fit"]) for each in replayed],
        "aligned": [each["fitness"] == 1 for each in aligned],
    }


if __name__ == "__main__":
    main()
