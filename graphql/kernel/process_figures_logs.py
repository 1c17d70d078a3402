"""Event logs of other systems: checked, imported, listed."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Self

import strawberry

from leancity.core.i18n.catalogue import describe
from leancity.core.identity.principal import current_principal
from leancity.core.imports.lines import Line
from leancity.core.imports.mapping import FieldMapping, parse_mapping
from leancity.core.processes.figures.cut import READ
from leancity.core.processes.figures.logs import importing, listing
from leancity.core.processes.figures.logs.importing import CHANGE, LogWish
from leancity.graphql.api import JSON, Payload, field, mutation
from leancity.graphql.kernel.process_figures_parts import told


@strawberry.type(description="An event log of another system.")
class ProcessLog:
    id: uuid.UUID
    title: str
    source: str
    cases: int = strawberry.field(description="Written so far.")
    events: int
    total: int = strawberry.field(description="Cases in the file.")
    is_finished: bool
    at: datetime

    @classmethod
    def of(cls, row: listing.ListedLog) -> Self:
        return told(cls, row)


@strawberry.type(description="A header of the file and the field that it fills.")
class ProcessLogColumn:
    field: str
    header: str


@strawberry.type(description="What is wrong with a line of the file.")
class ProcessLogProblem:
    line: int
    field: str | None
    code: str
    message: str


@strawberry.input(description="An event log to import.")
class ProcessLogInput:
    process_id: uuid.UUID
    file_id: uuid.UUID
    claim: str
    title: str
    version_id: uuid.UUID | None = strawberry.field(
        default=None, description="The drawing whose nodes the steps are, by id or title."
    )
    mapping: JSON | None = strawberry.field(
        default=None, description="fields, zone, formats, values, source, as every import has them; guessed without."
    )
    ends: list[str] = strawberry.field(
        default_factory=list, description="Only a case whose last step is one of these is closed."
    )


@strawberry.type
class ProcessLogPayload(Payload):
    log: ProcessLog | None = strawberry.field(default=None, description="Null where a line is bad, or it was a check.")
    columns: list[ProcessLogColumn] = strawberry.field(default_factory=list)
    lines: int = 0
    cases: int = 0
    bad: int = strawberry.field(default=0, description="Lines; with a bad one nothing is imported.")
    problems: list[ProcessLogProblem] = strawberry.field(default_factory=list, description="The first twenty lines'.")


@strawberry.type
class ProcessLogQuery:
    @field(permission=READ, description="The imported logs of a process, the newest first.")
    async def process_logs(self, process_id: uuid.UUID) -> list[ProcessLog]:
        return [ProcessLog.of(row) for row in await listing.logs_of(process_id)]


@strawberry.type
class ProcessLogMutation:
    @mutation(
        permission=CHANGE,
        description="Check a log that was uploaded (CSV, XLSX, XES) and import it, in the background and once.",
    )
    async def process_log_import(self, input: ProcessLogInput, is_check: bool = False) -> ProcessLogPayload:
        mapping = FieldMapping() if input.mapping is None else parse_mapping(json.dumps(input.mapping))
        wish = LogWish(
            process_id=input.process_id,
            version_id=input.version_id,
            title=input.title,
            mapping=mapping,
            ends=tuple(input.ends),
        )
        done = await importing.import_file(input.file_id, input.claim, wish, is_check=is_check)
        fields = done.read.plan.mapping.fields
        logs = [] if done.log is None else await listing.logs_of(input.process_id)
        return ProcessLogPayload(
            log=next((ProcessLog.of(row) for row in logs if done.log and row.id == done.log.id), None),
            columns=[ProcessLogColumn(field=name, header=header) for name, header in fields.items()],
            lines=done.read.lines,
            cases=len(done.read.cases),
            bad=done.read.bad,
            problems=[problem for line in done.read.problems for problem in _problems(line)],
        )


def _problems(line: Line) -> list[ProcessLogProblem]:
    locale = current_principal().locale
    return [
        ProcessLogProblem(line=line.number, field=each.field, code=each.code, message=describe(each, locale))
        for each in line.problems
    ]
