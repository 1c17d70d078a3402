"""The papers of a case that somebody takes part in without reading the case: what the forms of their own tasks show.

Who checks, signs or takes note of something sees the facts that the form of that task names, while they do it and
afterwards, and fetches the files among them; the rest of the case stays closed to them.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import current_principal
from leancity.core.processes.running.filling import values_in
from leancity.core.processes.running.fitting import WORK
from leancity.core.processes.running.formats import FILE
from leancity.core.processes.running.shown import form_of
from leancity.core.processes.running.worklist import read_work

_ITEMS = """
select w.id from work_item w join process_instance i on i.tenant_id = w.tenant_id and i.id = w.instance_id
where w.tenant_id = $1 and i.case_id = any($2::uuid[]) and w.form_key <> '' and w.state <> 'withdrawn'
"""


async def shows_file(file_id: uuid.UUID, case_ids: Collection[uuid.UUID]) -> bool:
    """Tell whether the form of a task that whoever asks does, or did, shows a file of one of the cases."""
    if not case_ids or not current_principal().can(WORK):
        return False
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_ITEMS, unit.tenant_id, [*case_ids])
        mine = await read_work([row["id"] for row in rows])
        forms = {(work.instance_id, work.form_key): work.id for work in mine.values()}
        for item_id in forms.values():
            shown = await form_of(item_id)
            if shown and any(text == str(file_id) for _, text in values_in(shown.form, shown.facts, FILE)):
                return True
    return False
