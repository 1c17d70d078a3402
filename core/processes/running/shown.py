"""The form of a work item: what it asks, with what the case knows of it; and the files that come with the answers."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leancity.core.cases.attachments import Attachment, add_file
from leancity.core.cases.tables import CaseFile, CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Problem, Refused, refuse
from leancity.core.files.service import claimed_file
from leancity.core.processes.running.filling import Path, is_visible, shown_facts, spelt, values_in
from leancity.core.processes.running.formats import FILE
from leancity.core.processes.running.forms import Form
from leancity.core.processes.running.tables import ProcessInstance
from leancity.core.processes.running.worklist import Work, read_work
from leancity.core.processes.versions.tables import ProcessForm


@dataclass(frozen=True, kw_only=True)
class ShownForm:
    """A form with what the case knows: ``facts`` of its own fields only; ``visible``: those asked for as things are."""

    form: Form
    facts: dict[str, Any]
    draft: dict[str, Any]
    visible: tuple[str, ...]


async def form_for(work: Work) -> Form | None:
    """Return the form that an item asks to be filled in, None where it has none."""
    if not work.form_key:
        return None
    named = (ProcessForm.version_id == work.version_id) & (ProcessForm.key == work.form_key)
    async with tenant_tx():
        row = await ProcessForm.objects().where(named).first()
    if row is None:
        raise refuse("work_item_form_missing", "item_id", form=work.form_key)
    return Form(
        key=row.key, title=row.title, data_schema=json.loads(row.data_schema), ui_schema=json.loads(row.ui_schema)
    )


async def form_of(item_id: uuid.UUID) -> ShownForm | None:
    """Return the form of an item to who may do it; None where it has none, and for everybody else."""
    async with tenant_tx():
        work = (await read_work([item_id])).get(item_id)
        form = None if work is None else await form_for(work)
        if work is None or form is None:
            return None
        row = await ProcessInstance.select(ProcessInstance.facts).where(ProcessInstance.id == work.instance_id).first()
    facts = json.loads(row["facts"]) if row else {}
    known = {**facts, **work.draft}
    visible = tuple(name for name in form.names if is_visible(form, name, known))
    return ShownForm(form=form, facts=shown_facts(form, facts), draft=work.draft, visible=visible)


async def keep_files(
    form: Form, answers: dict[str, Any], facts: Mapping[str, Any], instance: ProcessInstance
) -> dict[str, Any]:
    """Hang the files among the answers on the case and return the answers with their bare ids.

    A file is ``<id>`` or ``<id>:<claim>``: one's own, or one that the case has. On the test stand nothing is hung.
    """
    kept: dict[str, Any] = json.loads(json.dumps(answers))
    case = None
    if instance.case_id is not None:
        case = await CaseRecord.objects().where(CaseRecord.id == instance.case_id).first()
    for path, text in values_in(form, answers, FILE):
        plain, _, claim = text.partition(":")
        file_id = uuid.UUID(plain)
        _put(kept, path, str(file_id))
        if case is not None and await _is_hung(case.id, file_id):
            continue
        try:
            await claimed_file(file_id, claim)
            if case is not None:
                await add_file(case, Attachment(file_id=file_id, claim=claim))
        except Refused as refusal:
            # It is refused by the name of the field that the person sees.
            raise Refused(
                *(Problem(code=p.code, field=spelt(path), params=p.params) for p in refusal.problems)
            ) from None
    return kept


def _put(answers: dict[str, Any], path: Path, value: str) -> None:
    inner: Any = answers
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value


async def _is_hung(case_id: uuid.UUID, file_id: uuid.UUID) -> bool:
    return bool(await CaseFile.exists().where((CaseFile.case_id == case_id) & (CaseFile.file_id == file_id)))
