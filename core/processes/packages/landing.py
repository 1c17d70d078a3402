"""The third step of taking a package: it becomes a process with a draft, or the next draft of the one it goes onto.

From there on it goes the city's own five steps. Forms, tables, who works in the lanes and the measures that have to be
done here too come with it; what it took before is kept as the baseline.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.files.threads import examining
from leancity.core.identity.principal import current_principal
from leancity.core.live.announce import announce
from leancity.core.moment import now
from leancity.core.notifications.subjects import ADOPTION, ask_to_tell_of
from leancity.core.processes.packages.adopting import taker
from leancity.core.processes.packages.baseline import BaselineCard, Source, baseline_of, taken_baseline
from leancity.core.processes.packages.binding import here_of, require_bound
from leancity.core.processes.packages.file import opened
from leancity.core.processes.packages.merging.whole import Whole
from leancity.core.processes.packages.model import Content
from leancity.core.processes.packages.rows import State, changed, find_adoption, lock_adoption
from leancity.core.processes.packages.tables import PackageAdoption
from leancity.core.processes.packages.targets import take_targets
from leancity.core.processes.packages.upgrading import (
    Upgrade,
    card_of,
    check_choices,
    require_settled,
    upgrade_of,
    whole_of,
)
from leancity.core.processes.versions.lanes import bind_lane
from leancity.core.processes.versions.processes import TOPIC, ProcessCard, create_process
from leancity.core.processes.versions.rows import changed as version_changed
from leancity.core.processes.versions.rows import lock_process, lock_version
from leancity.core.processes.versions.stages import CHANGE, VersionKind
from leancity.core.processes.versions.tables import (
    Process,
    ProcessDecision,
    ProcessForm,
    ProcessMeasure,
    ProcessVersion,
)
from leancity.core.processes.versions.uploading import Prepared, add_version, prepare
from leancity.core.tenancy import catalogue


@dataclass(frozen=True, kw_only=True)
class LandCard:
    """What a package becomes here. ``key`` and ``title`` of the new process are the package's where they are empty;
    one that goes onto a process of the city asks for ``choices`` (mine or theirs by a conflict's address, or by the
    beginning of it) instead of all but the baseline, which is that process itself unless another is named. ``choices``
    also name the terms of the package that shall hold here (``targets``)."""

    key: str = ""
    title: str = ""
    owner_id: uuid.UUID | None = None
    unit_id: uuid.UUID | None = None
    function_id: uuid.UUID | None = None
    baseline: BaselineCard = field(default_factory=lambda: BaselineCard(source=Source.NONE))
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class _Ready:
    """All that was worked out before the unit that writes it."""

    row: PackageAdoption
    content: Content
    whole: Whole
    prepared: Prepared
    upgrade: Upgrade | None
    baseline: str


async def land(adoption_id: uuid.UUID, card: LandCard, expected_version: int | None = None) -> PackageAdoption:
    """Make a package a process with a draft, or the next draft of its process; refuse open names and open conflicts."""
    current_principal().require(CHANGE)
    ready = await _ready(adoption_id, card)
    async with tenant_tx(write=True) as unit:
        # First: whoever changes what a city has customised locks the city before anything else.
        targets = await take_targets(ready.content, card.choices)
        # The bindings and the process that the package was made ready for, or nothing.
        row = await lock_adoption(adoption_id, ready.row.version if expected_version is None else expected_version)
        if row.version != ready.row.version:
            raise refuse("process_changed", "expected_version")
        process_id = await _process(ready, card)
        version = await _version(process_id, ready)
        await _bind(process_id, ready)
        row.process_id, row.version_id, row.state = process_id, version.id, State.ADOPTED.value
        row.adopted_at, row.baseline = now(), ready.baseline
        await changed(row)
        await catalogue.take(unit, row.package_key, row.package_no, row.checksum, taker(row.package_key), None)
        facts = {"process": process_id, "version": version.id, "key": row.package_key, "no": row.package_no}
        await record("core.process_adoption.landed", "process_adoption", row.id, targets=targets, **facts)
        await announce(TOPIC, process_id, version.version)
        owner = await Process.select(Process.owner_id).where(Process.id == process_id).first()
        if owner is not None and owner["owner_id"] != current_principal().user_id:
            await ask_to_tell_of(ADOPTION, row.id, [owner["owner_id"]])
    return row


async def _ready(adoption_id: uuid.UUID, card: LandCard) -> _Ready:
    async with tenant_tx() as unit:
        row = await find_adoption(adoption_id)
        if row.state != State.BINDING:
            raise refuse("package_adoption_over", "id", state=row.state)
        content, bindings = opened(row.content), json.loads(row.bindings)
        here = await here_of(unit)
    require_bound(content, bindings, here)
    check_choices(card.choices)
    upgrade = await upgrade_of(row, card.choices)
    if upgrade is not None:
        require_settled(upgrade)
        whole, element = upgrade.merged.whole, upgrade.element
    else:
        whole = await examining(whole_of, content, bindings, here)
        element = content.drawing.process_element
    prepared = await prepare(whole.xml, element)
    if upgrade is not None and upgrade.is_two_way and card.baseline.source is Source.NONE:
        baseline = await baseline_of(upgrade.standing.process.id)
    else:
        baseline = await taken_baseline(card.baseline)
    return _Ready(row=row, content=content, whole=whole, prepared=prepared, upgrade=upgrade, baseline=baseline)


async def _process(ready: _Ready, card: LandCard) -> uuid.UUID:
    """Return the process that the package goes to: a new one, or the one it goes onto, as it was looked at."""
    content, upgrade = ready.content, ready.upgrade
    if upgrade is None:
        process = await create_process(
            ProcessCard(
                key=card.key or content.process.key,
                title=card.title or content.process.title,
                owner_id=card.owner_id,
                unit_id=card.unit_id,
                function_id=card.function_id,
                case_kind=content.process.case_kind,
            )
        )
        return uuid.UUID(str(process.id))
    standing = upgrade.standing
    process = await lock_process(standing.process.id, standing.process.version)
    await lock_version(standing.version.id, standing.version.version)
    newer = (ProcessVersion.process_id == process.id) & (ProcessVersion.no > standing.version.no)
    if await ProcessVersion.exists().where(newer):
        raise refuse("process_changed", "id")
    return uuid.UUID(str(process.id))


async def _version(process_id: uuid.UUID, ready: _Ready) -> ProcessVersion:
    content = ready.content
    note = f"{content.provenance.title}, {content.process.title}, {content.no}"
    version = await add_version(process_id, ready.prepared, kind=VersionKind.TO_BE, note=note, origin=content.origin)
    nodes = {node.id for node in ready.prepared.model.nodes}
    for name in ("starts_at", "ends_at"):
        told = [each for each in getattr(content.drawing, name) if each in nodes]
        if not told and ready.upgrade is not None:  # where the city's own drawing was chosen, its own bounds hold
            told = [each for each in json.loads(getattr(ready.upgrade.standing.version, name)) if each in nodes]
        if told:
            setattr(version, name, json.dumps(told))
    await version_changed(version)
    forms = [_form(version.id, key, form) for key, form in ready.whole.forms.items()]
    tables = [
        ProcessDecision(version_id=version.id, key=key, title=each["title"], xml=each["xml"])
        for key, each in ready.whole.decisions.items()
    ]
    measures = [ProcessMeasure(version_id=version.id, title=title) for title in _measures(ready)]
    if forms:
        await ProcessForm.insert(*forms)
    if tables:
        await ProcessDecision.insert(*tables)
    if measures:
        await ProcessMeasure.insert(*measures)
    return version


def _form(version_id: uuid.UUID, key: str, form: Mapping[str, Any]) -> ProcessForm:
    return ProcessForm(
        version_id=version_id,
        key=key,
        title=form["title"],
        data_schema=json.dumps(form["data_schema"], ensure_ascii=False),
        ui_schema=json.dumps(form["ui_schema"], ensure_ascii=False),
    )


def _measures(ready: _Ready) -> tuple[str, ...]:
    """Return what has to be done here too; what an upgrade's package has asked for before was done then."""
    before = () if ready.upgrade is None else ready.upgrade.measures
    return tuple(each for each in ready.content.measures if each not in before)


async def _bind(process_id: uuid.UUID, ready: _Ready) -> None:
    before = {} if ready.upgrade is None else ready.upgrade.standing.whole.lanes
    for lane, bound in ready.whole.lanes.items():
        if before.get(lane) != bound:
            await bind_lane(process_id, card_of(bound))
