"""A drawing comes in: read outside the transaction, kept byte for byte, with its nodes and flows beside it."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import asdict, dataclass

from leancity.core.audit.log import record
from leancity.core.cases.checks import LONG, SHORT, one_text
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused, refuse
from leancity.core.files.service import claimed_file
from leancity.core.files.store import key_of, store
from leancity.core.files.tables import StoredFile
from leancity.core.files.threads import examining, storing
from leancity.core.identity.principal import current_principal
from leancity.core.live.announce import announce
from leancity.core.moment import now
from leancity.core.processes.bpmn.findings import BpmnError
from leancity.core.processes.bpmn.model import Drawing, ProcessModel
from leancity.core.processes.bpmn.normalise import Assumption, normalise
from leancity.core.processes.bpmn.reader import read
from leancity.core.processes.versions.content import carry
from leancity.core.processes.versions.filling import bounds, fill
from leancity.core.processes.versions.problems import of_drawing
from leancity.core.processes.versions.processes import TOPIC
from leancity.core.processes.versions.rows import lock_process
from leancity.core.processes.versions.stages import CHANGE, VersionKind
from leancity.core.processes.versions.stored import stored
from leancity.core.processes.versions.tables import ProcessVersion
from leancity.core.processes.xml import BYTES, XmlError


@dataclass(frozen=True, kw_only=True)
class UploadCard:
    """What is told of a drawing. ``process_element``: the id of the process in it, needed where it draws several."""

    kind: VersionKind = VersionKind.DRAFT
    note: str = ""
    process_element: str = ""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A drawing that has been read, and what the normaliser would assume to run it."""

    data: bytes
    model: ProcessModel
    assumed: tuple[Assumption, ...]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


async def upload_version(process_id: uuid.UUID, data: bytes, card: UploadCard) -> ProcessVersion:
    """Keep a drawing as the next version of a process; refuse what can't be read, naming the element or the line.

    Forms and decisions of the latest version come along: the next drawing of a process mostly asks for the same.
    """
    current_principal().require(CHANGE)
    note = one_text("note", card.note, limit=LONG)
    prepared = await prepare(data, card.process_element)
    async with tenant_tx(write=True):
        return await add_version(process_id, prepared, kind=card.kind, note=note)


async def uploaded_bytes(file_id: uuid.UUID, claim: str) -> bytes:
    """Return the bytes of a file that the caller uploaded; refuse one that is too large for a drawing."""
    return await bytes_of(await claimed_file(file_id, claim))


async def bytes_of(file: StoredFile) -> bytes:
    """Return the bytes of a stored file; refuse one that is too large for a drawing."""
    if file.size > BYTES:
        raise refuse("xml_too_big", "file_id", limit=BYTES)
    return await storing(store().read, key_of(file.sha256, file.copy), 0, file.size)


async def prepare(data: bytes, process_element: str = "") -> Prepared:
    """Read a drawing on a thread of its own, outside any unit; raise ``Refused`` for what is none."""
    return await examining(_prepare, data, one_text("process_element", process_element, limit=SHORT))


async def add_version(
    process_id: uuid.UUID,
    prepared: Prepared,
    *,
    kind: VersionKind,
    note: str,
    carried_from: uuid.UUID | None = None,
    origin: str = "",
) -> ProcessVersion:
    """Insert a version with what belongs to it. Joins the open unit; ``carried_from``: None takes the latest.

    ``origin``: who brings it (``ProcessVersion.origin``). Such a one has forms and tables of its own, so none are
    carried, and it may be drawn as the latest is.
    """
    process = await lock_process(process_id)
    latest = (
        await ProcessVersion.select(ProcessVersion.id, ProcessVersion.no, ProcessVersion.xml_sha256)
        .where(ProcessVersion.process_id == process_id)
        .order_by(ProcessVersion.no, ascending=False)
        .first()
    )
    if latest is not None and latest["xml_sha256"] == prepared.sha256 and not origin:
        raise refuse("process_version_same", "xml", no=latest["no"])
    starts, ends = bounds(prepared.model)
    row = ProcessVersion(
        process_id=process.id,
        no=1 if latest is None else latest["no"] + 1,
        kind=kind.value,
        note=note,
        xml=stored(prepared.data),
        xml_sha256=prepared.sha256,
        process_element=prepared.model.id,
        origin=origin,
        assumed=assumptions_json(prepared.assumed),
        starts_at=json.dumps(starts),
        ends_at=json.dumps(ends),
        author_id=current_principal().user_id,
        created_at=now(),
    )
    await row.save()
    await fill(row, prepared.model)
    if latest is not None and not origin:
        await carry(carried_from or latest["id"], row.id)
    facts = {"process": process_id, "no": row.no, "kind": row.kind, "sha256": row.xml_sha256}
    await record("core.process_version.uploaded", "process_version", row.id, **facts)
    await announce(TOPIC, process_id, process.version)
    return row


def assumptions_json(assumed: tuple[Assumption, ...]) -> str:
    """Return assumptions as a version keeps them."""
    return json.dumps([asdict(each) for each in assumed], default=str, ensure_ascii=False)


def _prepare(data: bytes, process_element: str) -> Prepared:
    try:
        drawing = read(data)
        model = _chosen(drawing, process_element)
        return Prepared(data=data, model=model, assumed=normalise(data, model.id).assumptions)
    except (BpmnError, XmlError) as error:
        raise Refused(of_drawing(error)) from error


def _chosen(drawing: Drawing, process_element: str) -> ProcessModel:
    drawn = {model.id: model for model in drawing.processes if model.nodes}
    if process_element:
        if process_element not in drawn:
            raise refuse("process_element_unknown", "process_element", known=_listed(drawn))
        return drawn[process_element]
    if not drawn:
        raise refuse("process_drawing_empty", "xml")
    if len(drawn) > 1:
        raise refuse("process_element_needed", "process_element", known=_listed(drawn))
    return next(iter(drawn.values()))


def _listed(drawn: dict[str, ProcessModel]) -> str:
    return ", ".join(
        f"{key} ({model.title or model.pool})" if model.title or model.pool else key for key, model in drawn.items()
    )
