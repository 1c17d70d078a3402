"""A registry brought in from a file that was uploaded: shown first, then written; a job reads it."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any, Self

import strawberry

from leancity.core.errors import Problem
from leancity.core.imports.tables import ImportRun
from leancity.core.processes.registry.checking import CHANGE
from leancity.core.processes.registry.importing import runs
from leancity.core.processes.registry.importing.resolving import Fate
from leancity.graphql.api import Payload, UserError, field, mutation
from leancity.graphql.api.mutations import user_error

strawberry.enum(Fate, name="RegistryLineFate")


@strawberry.type(description="How many lines of a sheet became what, so far.")
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
    def of(cls, told: dict[str, Any]) -> Self:
        return cls(**{**told, "fate": Fate(told["fate"]), "problems": _errors(told["problems"])})


@strawberry.type(description="A file of the registry that is read, or was: total and done count its lines.")
class RegistryImport:
    id: uuid.UUID
    file_name: str
    is_preview: bool = strawberry.field(description="It tells what would become of each line, and writes nothing.")
    total: int = strawberry.field(description="Zero until the file has been read.")
    done: int
    started_at: datetime
    finished_at: datetime | None
    sheets: list[RegistrySheetCount]
    unread: list[str] = strawberry.field(description="Sheets that hold nothing of a registry.")
    lines: list[RegistryLine] = strawberry.field(
        description="Refused ones first, then what is written; at most a thousand."
    )
    errors: list[UserError] = strawberry.field(description="Why the file as a whole is none; then nothing is written.")

    @classmethod
    def of(cls, row: ImportRun) -> Self:
        kept = json.loads(row.mapping)
        return cls(
            id=row.id,
            file_name=row.file_name,
            is_preview=kept["is_preview"],
            total=row.total,
            done=row.line_done,
            started_at=row.started_at,
            finished_at=row.finished_at,
            sheets=[RegistrySheetCount(**sheet) for sheet in kept.get("sheets", ())],
            unread=kept.get("unread", []),
            lines=[RegistryLine.of(told) for told in kept.get("lines", ())],
            errors=_errors(kept.get("problems", ())),
        )


def _errors(problems: Any) -> list[UserError]:
    return [user_error(Problem(**each)) for each in problems]


@strawberry.type
class FunctionImportQuery:
    @field(permission=CHANGE, description="How far a file has come, and what became of its lines.")
    async def registry_import_run(self, id: uuid.UUID) -> RegistryImport:
        return RegistryImport.of(await runs.read_import(id))


@strawberry.type
class RegistryImportPayload(Payload):
    run: RegistryImport | None = None


@strawberry.type
class FunctionImportMutation:
    @mutation(
        permission=CHANGE,
        description="Let an uploaded file (XLSX, CSV) be read; registryImportRun tells how far it has come.",
    )
    async def registry_import(
        self, file_id: uuid.UUID, claim: str = "", kind: str | None = None, is_preview: bool = True
    ) -> RegistryImportPayload:
        run = await runs.begin_import(file_id, claim, kind=kind, is_preview=is_preview)
        return RegistryImportPayload(run=RegistryImport.of(run))
