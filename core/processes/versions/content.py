"""What belongs to a version beside its drawing: the forms its user tasks show, the tables its decisions are made by.

Both belong to the version, so they are changed in a draft only: what people have tested and agreed to stays as it was.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from leancity.core.audit.log import record
from leancity.core.cases.checks import SHORT, keepable, one_text
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Problem, Refused, refuse
from leancity.core.files.threads import examining
from leancity.core.identity.principal import current_principal
from leancity.core.ids import new_id
from leancity.core.live.announce import announce
from leancity.core.processes.expressions.decisions import read_decision
from leancity.core.processes.expressions.errors import ExpressionError
from leancity.core.processes.running.forms import check_form
from leancity.core.processes.versions.processes import TOPIC
from leancity.core.processes.versions.rows import changed, find_version, lock_version
from leancity.core.processes.versions.stages import CHANGE, Stage
from leancity.core.processes.versions.tables import ProcessDecision, ProcessForm, ProcessVersion
from leancity.core.processes.xml import BYTES, XmlError

MOST = 200
"""Forms, and decisions, of one version."""

_CARRY_FORMS = """
insert into process_form (id, tenant_id, version_id, key, title, data_schema, ui_schema)
select n.id, $1, $3, f.key, f.title, f.data_schema, f.ui_schema
from (select row_number() over (order by key) as place, * from process_form where tenant_id = $1 and version_id = $2) f
join unnest($4::uuid[]) with ordinality as n (id, place) on n.place = f.place
"""
_CARRY_DECISIONS = """
insert into process_decision (id, tenant_id, version_id, key, title, xml)
select n.id, $1, $3, d.key, d.title, d.xml
from (select row_number() over (order by key) as place, * from process_decision
      where tenant_id = $1 and version_id = $2) d
join unnest($4::uuid[]) with ordinality as n (id, place) on n.place = d.place
"""


async def save_form(
    version_id: uuid.UUID, key: str, title: str, data_schema: Any, ui_schema: Any, expected_version: int | None = None
) -> ProcessVersion:
    """Keep a form of a draft under the key that its user tasks name; refuse schemas that are none."""
    current_principal().require(CHANGE)
    key, title = _named(key, title)
    problems = check_form(data_schema, ui_schema)
    if problems:
        raise Refused(*problems)
    row = ProcessForm(
        version_id=version_id,
        key=key,
        title=title,
        data_schema=_json("data_schema", data_schema),
        ui_schema=_json("ui_schema", ui_schema),
    )
    async with tenant_tx(write=True):
        version = await lock_version(version_id, expected_version, stages=(Stage.DRAFT,))
        same = (ProcessForm.version_id == version_id) & (ProcessForm.key == key)
        await ProcessForm.delete().where(same)
        if await ProcessForm.count().where(ProcessForm.version_id == version_id) >= MOST:
            raise refuse("process_too_many", "key", limit=MOST)
        await row.save()
        await _noted(version, "form_saved", key)
    return version


async def save_decision(
    version_id: uuid.UUID, key: str, title: str, xml: str, expected_version: int | None = None
) -> ProcessVersion:
    """Keep a decision table (DMN) of a draft under the key that its business rule tasks name."""
    current_principal().require(CHANGE)
    (key, title), xml = _named(key, title), keepable(xml)
    async with tenant_tx():
        await find_version(version_id)  # what is not there is not read for
    try:
        await examining(read_decision, xml.encode())
    except ExpressionError as error:
        raise Refused(Problem(code=error.code, field="xml", params={"at": error.at, **error.params})) from error
    except XmlError as error:
        raise refuse(error.code, "xml", line=error.line or "?", limit=BYTES) from error
    row = ProcessDecision(version_id=version_id, key=key, title=title, xml=xml)
    async with tenant_tx(write=True):
        version = await lock_version(version_id, expected_version, stages=(Stage.DRAFT,))
        same = (ProcessDecision.version_id == version_id) & (ProcessDecision.key == key)
        await ProcessDecision.delete().where(same)
        if await ProcessDecision.count().where(ProcessDecision.version_id == version_id) >= MOST:
            raise refuse("process_too_many", "key", limit=MOST)
        await row.save()
        await _noted(version, "decision_saved", key)
    return version


async def remove_content(version_id: uuid.UUID, key: str, expected_version: int | None = None) -> ProcessVersion:
    """Take the form, or the decision, of that key out of a draft."""
    current_principal().require(CHANGE)
    key, _ = _named(key, "")
    async with tenant_tx(write=True):
        version = await lock_version(version_id, expected_version, stages=(Stage.DRAFT,))
        forms = (ProcessForm.version_id == version_id) & (ProcessForm.key == key)
        decisions = (ProcessDecision.version_id == version_id) & (ProcessDecision.key == key)
        gone = await ProcessForm.delete().where(forms).returning(ProcessForm.id)
        gone += await ProcessDecision.delete().where(decisions).returning(ProcessDecision.id)
        if not gone:
            raise refuse("not_found", "key")
        await _noted(version, "content_removed", key)
    return version


async def carry(from_id: uuid.UUID, to_id: uuid.UUID) -> None:
    """Copy forms and decisions from one version to a new one. Joins the open unit."""
    async with tenant_tx(write=True) as unit:
        forms = await ProcessForm.count().where(ProcessForm.version_id == from_id)
        decisions = await ProcessDecision.count().where(ProcessDecision.version_id == from_id)
        ids = [new_id() for _ in range(forms)]
        await unit.connection.execute(_CARRY_FORMS, unit.tenant_id, from_id, to_id, ids)
        ids = [new_id() for _ in range(decisions)]
        await unit.connection.execute(_CARRY_DECISIONS, unit.tenant_id, from_id, to_id, ids)


def _named(key: str, title: str) -> tuple[str, str]:
    return one_text("key", key, limit=SHORT, required=True), one_text("title", title, limit=SHORT)


def _json(field: str, value: Any) -> str:
    """Return a schema as text; refuse zero bytes and halves of surrogate pairs, which PostgreSQL keeps in no text."""
    text = json.dumps(value, ensure_ascii=False)
    if keepable(text) != text or "\\u0000" in text:
        raise refuse("process_text_unkeepable", field)
    return text


async def _noted(version: ProcessVersion, what: str, key: str) -> None:
    await changed(version)
    await record(f"core.process_version.{what}", "process_version", version.id, key=key)
    await announce(TOPIC, version.process_id, version.version)
