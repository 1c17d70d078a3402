"""A registry brought in from a file that was uploaded: shown first, then written."""

from __future__ import annotations

import uuid
from typing import Self

import strawberry

from leancity.core.processes.registry.checking import CHANGE
from leancity.core.processes.registry.importing.resolving import Fate, Told
from leancity.core.processes.registry.importing.running import Outcome, import_stored
from leancity.graphql.api import Payload, UserError, mutation
from leancity.graphql.api.mutations import user_error

strawberry.enum(Fate, name="RegistryLineFate")
MOST_LINES = 1_000
"""Lines that an answer holds: those refused first."""


@strawberry.type(description="How many lines of a sheet became what.")
class RegistrySheetCount:
    kind: str = strawberry.field(description="powers, positions, duties, systems, functions, operations or uses.")
    sheet: str
    created: int
    changed: int
    unchanged: int
    refused: int
    unused: list[str] = strawberry.field(description="Headers that fill nothing.")


@strawberry.type(description="A line of the file.")
class RegistryLine:
    sheet: str
    line: int
    name: str = strawberry.field(description="The key, or the function's.")
    fate: Fate
    changed: list[str]
    problems: list[UserError]

    @classmethod
    def of(cls, told: Told) -> Self:
        return cls(
            sheet=told.sheet,
            line=told.line,
            name=told.name,
            fate=told.fate,
            changed=[*told.changed],
            problems=[user_error(problem) for problem in told.problems],
        )


@strawberry.type
class RegistryImportPayload(Payload):
    is_preview: bool | None = None
    sheets: list[RegistrySheetCount] | None = None
    unread: list[str] | None = strawberry.field(default=None, description="Sheets that hold nothing of a registry.")
    lines: list[RegistryLine] | None = strawberry.field(
        default=None, description="Refused ones first, then what is written; at most a thousand."
    )

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        order = (Fate.REFUSED, Fate.CHANGED, Fate.CREATED)
        told = [each for fate in order for each in outcome.told if each.fate is fate]
        return cls(
            is_preview=outcome.is_preview,
            sheets=[
                RegistrySheetCount(
                    kind=sheet.kind.name,
                    sheet=sheet.name,
                    unused=[*sheet.unused],
                    **{fate.value: _count(outcome, sheet.name, fate) for fate in Fate},
                )
                for sheet in outcome.book.sheets
            ],
            unread=[*outcome.book.unread],
            lines=[RegistryLine.of(each) for each in told[:MOST_LINES]],
        )


def _count(outcome: Outcome, sheet: str, fate: Fate) -> int:
    return sum(1 for each in outcome.told if each.sheet == sheet and each.fate is fate)


@strawberry.type
class FunctionImportMutation:
    @mutation(permission=CHANGE, description="A preview tells what would become of each line, and writes nothing.")
    async def registry_import(
        self, file_id: uuid.UUID, claim: str = "", kind: str | None = None, is_preview: bool = True
    ) -> RegistryImportPayload:
        return RegistryImportPayload.of(await import_stored(file_id, claim, kind=kind, is_preview=is_preview))
