"""The ways to the registry, as ``ways`` has them: a path, and what must stand in the answer."""

from __future__ import annotations

_LIST = "cityFunctions(first: 100) { totalCount edges { node { id } } }"
_FUNCTION = "cityFunction(id: $function) { %s { @ } }"
_PASSPORT = "functionPassport(functionId: $function) { %s }"
_IMPORT = "registryImportRun(id: $registry_import) { %s }"

REGISTRY_ROOTS: dict[str, tuple[str, str]] = {
    "Query.cityFunction": ("cityFunction(id: $function) { id }", ""),
    "Query.cityFunctions": (_LIST, "$function"),
    "Query.dutyMatrix": ("dutyMatrix { duties }", '"duties": [1-9]'),
    "Query.functionPassport": (_PASSPORT % "labourHours", ""),
    "Query.functionPlan": ("functionPlan { stage }", "INVENTORIED"),
    "Query.functionRanking": ("functionRanking(subject: FUNCTIONS) { totalCount edges { node { id } } }", "$function"),
    "Query.functionTree": ("functionTree { unitId }", "$roads"),
    "Query.itSystems": ("itSystems(first: 100) { totalCount edges { node { id } } }", "$system"),
    "Query.positionDuties": ("positionDuties(first: 100) { totalCount edges { node { key } } }", '"duty"'),
    "Query.positions": ("positions(first: 100) { totalCount edges { node { id } } }", "$position"),
    "Query.registryImportRun": ("registryImportRun(id: $registry_import) { id }", ""),
    "Query.powers": ("powers(first: 100) { totalCount edges { node { key } } }", '"power"'),
}
REGISTRY_TYPES: dict[str, str] = {
    "CityFunction": "cityFunctions(first: 20) { edges { node { @ } } }",
    "DutyMatrix": "dutyMatrix { @ }",
    "Fits": _FUNCTION % "fits",
    "FunctionBranch": "functionTree { @ }",
    "FunctionMeasured": _PASSPORT % "measured { @ }",
    "FunctionMisprint": _PASSPORT % 'misprints(printed: [{figure: "labour_hours", value: "9"}]) { @ }',
    "FunctionOperation": _FUNCTION % "operations",
    "FunctionOperationFigures": _PASSPORT % "operations { @ }",
    "FunctionPassport": _PASSPORT % "@",
    "FunctionPlanLine": "functionPlan { @ }",
    "FunctionStageCount": "functionTree { stages { @ } }",
    "ItSystem": "itSystems(first: 3) { edges { node { @ } } }",
    "ItSystemUse": _FUNCTION % "systems",
    "PositionDuty": "positionDuties(first: 3) { edges { node { @ } } }",
    "Power": "powers(first: 3) { edges { node { @ } } }",
    "RankedItem": "functionRanking(subject: FUNCTIONS, first: 3) { edges { node { @ } } }",
    "RegistryImport": "registryImportRun(id: $registry_import) { @ }",
    "RegistryLine": _IMPORT % "lines { @ }",
    "RegistrySheetCount": _IMPORT % "sheets { @ }",
    "StaffPosition": "positions(first: 3) { edges { node { @ } } }",
}
REGISTRY_PAYLOADS: dict[str, str] = {
    "CityFunctionPayload": "functionCreate",
    "DutyPayload": "dutySave",
    "ItSystemPayload": "itSystemSave",
    "PositionPayload": "positionSave",
    "PowerPayload": "powerSave",
    "RegistryImportPayload": "registryImport",
}
