"""The ways to the figures of processes, as ``ways`` has them: a path, and what must stand in the answer."""

from __future__ import annotations

_CUT = 'cut: {processId: $measured, mark: IMPORT, since: "2026-01-01", until: "2026-10-31"}'
_CONFORMANCE = f"processConformance({_CUT}, versionId: $measured_version)"
_COMPARISON = f'processComparison({_CUT}, at: "2026-06-15")'

FIGURES_ROOTS: dict[str, tuple[str, str]] = {
    "Query.processCases": (f"processCases({_CUT}) {{ totalCount edges {{ node {{ id }} }} }}", '"totalCount": 2'),
    "Query.processComparison": (f"{_COMPARISON} {{ verdict }}", "TOO_FEW"),
    "Query.processConformance": (f"{_CONFORMANCE} {{ checked }}", '"checked": 2'),
    "Query.processControlChart": (f"processControlChart({_CUT}) {{ points {{ value }} }}", "value"),
    "Query.processFigures": (f"processFigures({_CUT}) {{ closed }}", '"closed": 2'),
    "Query.processGraph": (f"processGraph({_CUT}) {{ nodes {{ nodeId }} }}", "register"),
    "Query.processLogs": ("processLogs(processId: $measured) { title }", "Log"),
    "Query.processNodeFigures": (f"processNodeFigures({_CUT}) {{ nodeId }}", "register"),
    "Query.processSeries": (f"processSeries({_CUT}, by: MONTH) {{ key }}", "2026-06"),
    "Query.processValueStream": (f"processValueStream({_CUT}) {{ boxes {{ nodeId }} }}", "register"),
    "Query.processVariants": (f"processVariants({_CUT}) {{ total }}", '"total": 2'),
}
FIGURES_TYPES: dict[str, str] = {
    "ProcessBalance": f"processFigures({_CUT}) {{ balance {{ @ }} }}",
    "ProcessCaseFigures": f"processCases({_CUT}) {{ edges {{ node {{ @ }} }} }}",
    "ProcessChartPoint": f"processControlChart({_CUT}) {{ points {{ @ }} }}",
    "ProcessComparison": f"{_COMPARISON} {{ @ }}",
    "ProcessConformance": f"{_CONFORMANCE} {{ @ }}",
    "ProcessControlChart": f"processControlChart({_CUT}) {{ @ }}",
    "ProcessFigures": f"processFigures({_CUT}) {{ @ }}",
    "ProcessGraph": f"processGraph({_CUT}) {{ @ }}",
    "ProcessGraphEdge": f"processGraph({_CUT}) {{ edges {{ @ }} }}",
    "ProcessGraphNode": f"processGraph({_CUT}) {{ nodes {{ @ }} }}",
    "ProcessLeaving": f"{_CONFORMANCE} {{ leavings {{ @ }} }}",
    "ProcessLog": "processLogs(processId: $measured) { @ }",
    "ProcessLogColumn": "mutation processLogImport { columns { @ } }",
    "ProcessLogProblem": "mutation processLogImport { problems { @ } }",
    "ProcessNodeFigures": f"processNodeFigures({_CUT}) {{ @ }}",
    "ProcessNorm": f"processValueStream({_CUT}) {{ boxes {{ norm {{ @ }} }} }}",
    "ProcessSeriesPart": f"processSeries({_CUT}, by: MONTH) {{ @ }}",
    "ProcessSide": f"{_COMPARISON} {{ before {{ @ }} }}",
    "ProcessSpread": f"processFigures({_CUT}) {{ lead {{ @ }} }}",
    "ProcessStreamBox": f"processValueStream({_CUT}) {{ boxes {{ @ }} }}",
    "ProcessStreamTotals": f"processValueStream({_CUT}) {{ norm {{ @ }} }}",
    "ProcessValueStream": f"processValueStream({_CUT}) {{ @ }}",
    "ProcessVariant": f"processVariants({_CUT}) {{ variants {{ @ }} }}",
    "ProcessVariants": f"processVariants({_CUT}) {{ @ }}",
}
FIGURES_PAYLOADS: dict[str, str] = {"ProcessLogPayload": "processLogImport"}
