"""The ways to analytics, as ``ways`` has them: a path, and what must stand in the answer."""

from __future__ import annotations

_WATCHED = "processIndicators { reading { %s } }"

ANALYTICS_ROOTS: dict[str, tuple[str, str]] = {
    "Query.processImprovements": (
        "processImprovements(first: 100) { totalCount edges { node { key } } }",
        '"totalCount": [1-9]',
    ),
    "Query.processIndicatorMeasures": ("processIndicatorMeasures { key }", "lead_p50"),
    "Query.processIndicators": ("processIndicators { id }", "$indicator"),
    "Query.processStanding": ("processStanding(by: UNIT) { total { open } }", '"open": [1-9]'),
}
ANALYTICS_TYPES: dict[str, str] = {
    "ProcessImprovement": "processImprovements(first: 100) { edges { node { @ } } }",
    "ProcessImprovementReason": "processImprovements(first: 100) { edges { node { reasons { @ } } } }",
    "ProcessImprovementStep": "processImprovements(first: 100) { edges { node { steps { @ } } } }",
    "ProcessIndicator": "processIndicators { @ }",
    "ProcessIndicatorMeasure": "processIndicatorMeasures { @ }",
    "ProcessIndicatorReading": "processIndicators { reading { @ } }",
    "ProcessIndicatorValue": _WATCHED % "parts { @ }",
    "ProcessStanding": "processStanding(by: UNIT) { @ }",
    "ProcessStandingRow": "processStanding(by: UNIT) { rows { @ } }",
}
ANALYTICS_PAYLOADS: dict[str, str] = {"ProcessIndicatorPayload": "processIndicatorCreate"}
