"""The ways to practices and what was taken of them, as ``ways`` has them."""

from __future__ import annotations

_CONTENT = "practice(id: $practice) { content { %s } }"
_TAKEN = "processAdoption(id: $adoption) { %s }"
_UPGRADE = "processAdoption(id: $upgrade) { upgrade { %s } }"

PRACTICE_ROOTS: dict[str, tuple[str, str]] = {
    "Query.practice": ("practice(id: $practice) { id }", ""),
    "Query.practiceFile": ("practiceFile(id: $practice) { name }", "elsewhere"),
    "Query.practices": ("practices(first: 100) { totalCount edges { node { id } } }", "$practice"),
    "Query.processAdoption": ("processAdoption(id: $adoption) { id }", ""),
    "Query.processAdoptions": ("processAdoptions(first: 100) { totalCount edges { node { id } } }", "$adoption"),
    "Query.processAdoptions (uncounted)": ("processAdoptions(first: 100) { edges { node { id } } }", "$adoption"),
}
PRACTICE_TYPES: dict[str, str] = {
    "AdoptionBaseline": _TAKEN % "effect { baseline { @ } }",
    "AdoptionChanges": _TAKEN % "localChanges { @ }",
    "AdoptionConflict": _UPGRADE % "conflicts { @ }",
    "AdoptionDifference": _TAKEN % "localChanges { rest { @ } }",
    "AdoptionEffect": _TAKEN % "effect { @ }",
    "AdoptionName": _TAKEN % "names { @ }",
    "AdoptionTarget": _TAKEN % "targets { @ }",
    "AdoptionUpgrade": _UPGRADE % "@",
    "PackageAncestor": _CONTENT % "parent { @ }",
    "PackageCaseTarget": _CONTENT % "caseTargets { @ }",
    "PackageContent": _CONTENT % "@",
    "PackageDecision": _CONTENT % "decisions { @ }",
    "PackageEffect": "practice(id: $practice) { effect { @ } }",
    "PackageFile": "practiceFile(id: $practice) { @ }",
    "PackageForm": _CONTENT % "forms { @ }",
    "PackageLane": _CONTENT % "lanes { @ }",
    "PackageName": _CONTENT % "names { @ }",
    "PackageOperation": _CONTENT % "passport { operations { @ } }",
    "PackagePassport": _CONTENT % "passport { @ }",
    "PackageSide": "practice(id: $practice) { effect { before { @ } } }",
    "PackageTarget": _CONTENT % "targets { @ }",
    "Practice": "practice(id: $practice) { @ }",
    "ProcessAdoption": "processAdoption(id: $adoption) { @ }",
}
PRACTICE_PAYLOADS: dict[str, str] = {
    "AdoptionPayload": "processAdoptionBegin",
    "PracticePayload": "practicePublish",
}
