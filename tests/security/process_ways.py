"""The ways to processes and what belongs to them, as ``ways`` has them: a path, and what must stand in the answer."""

from __future__ import annotations

_VERSION = "processVersion(id: $drawn_version) { %s { @ } }"

PROCESS_ROOTS: dict[str, tuple[str, str]] = {
    "Query.process": ("process(id: $drawn) { id }", ""),
    "Query.processes": ("processes(first: 100) { totalCount edges { node { id } } }", "$drawn"),
    "Query.processBatch": ("processBatch(id: $drawings) { id }", ""),
    "Query.processExport": ("processExport(versionId: $drawn_version) { name }", ""),
    "Query.processVersion": ("processVersion(id: $drawn_version) { id }", ""),
    "Query.processVersionDifference": (
        "processVersionDifference(oldId: $drawn_version, newId: $drawn_version_2) { kind }",
        "",
    ),
}
PROCESS_TYPES: dict[str, str] = {
    "Process": "process(id: $drawn) { @ }",
    "ProcessAgreement": _VERSION % "agreements",
    "ProcessAssumption": _VERSION % "assumptions",
    "ProcessBatch": "processBatch(id: $drawings) { @ }",
    "ProcessBatchFile": "processBatch(id: $drawings) { files { @ } }",
    "ProcessChange": "processVersionDifference(oldId: $drawn_version, newId: $drawn_version_2) { @ }",
    "ProcessDecision": _VERSION % "decisions",
    "ProcessExport": "processExport(versionId: $drawn_version) { @ }",
    "ProcessFinding": _VERSION % "findings",
    "ProcessFlow": _VERSION % "flows",
    "ProcessForm": _VERSION % "forms",
    "ProcessLane": "process(id: $drawn) { lanes { @ } }",
    "ProcessMeasure": "processVersion(id: $drawn_version_2) { measures { @ } }",
    "ProcessNode": _VERSION % "nodes",
    "ProcessVersion": "processVersion(id: $drawn_version) { @ }",
}
PROCESS_PAYLOADS: dict[str, str] = {
    "ProcessBatchPayload": "processVersionsUpload",
    "ProcessMeasurePayload": "processMeasureSave",
    "ProcessPayload": "processCreate",
    "ProcessVersionPayload": "processVersionUpload",
}
