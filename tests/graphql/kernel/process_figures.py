"""What the walls are asked about figures: another city's process has none."""

from __future__ import annotations

_CUT = 'cut: {processId: "PROCESS"}'

FIGURES_MIXED: list[tuple[str, str]] = [
    (f"process_figures({_CUT}) {{ closed }}", "NOT_FOUND"),
    (f"process_node_figures({_CUT}) {{ nodeId }}", "NOT_FOUND"),
    (f"process_series({_CUT}, by: MONTH) {{ key }}", "NOT_FOUND"),
    (f"process_cases({_CUT}) {{ edges {{ cursor }} }}", "NOT_FOUND"),
    (f"process_variants({_CUT}) {{ total }}", "NOT_FOUND"),
    (f"process_graph({_CUT}) {{ nodes {{ nodeId }} }}", "NOT_FOUND"),
    (f'process_conformance({_CUT}, versionId: "DRAWN") {{ checked }}', "NOT_FOUND"),
    ('process_conformance(cut: {processId: "OUR_PROCESS"}, versionId: "DRAWN") { checked }', "NOT_FOUND"),
    (f'process_comparison({_CUT}, at: "2026-06-01") {{ verdict }}', "NOT_FOUND"),
    (f"process_control_chart({_CUT}) {{ centre }}", "NOT_FOUND"),
    (f"process_value_stream({_CUT}) {{ normVersionId }}", "NOT_FOUND"),
    ('process_logs(processId: "PROCESS") { id }', "NOT_FOUND"),
    (
        'process_log_import(input: {processId: "PROCESS", fileId: "OUR_FILE", claim: "x", title: "x"}) ERRORS',
        "not_found",
    ),
]
