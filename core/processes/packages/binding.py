"""The second step of taking a package: each name of the giving city becomes one of this city's, by a person's word.

What has the same key or reads the same is suggested, never taken: a «dispatcher» here need not be one there. Bindings
may be saved half-way; the package lands when none is open.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from leancity.core.audit.log import record
from leancity.core.cases.checks import SHORT, one_text
from leancity.core.clock.calendar import OFFICE
from leancity.core.clock.city import further_hours
from leancity.core.db.unit import Unit, tenant_tx
from leancity.core.errors import Problem, Refused
from leancity.core.identity.principal import current_principal
from leancity.core.identity.tables import OrgUnit, RoleRow
from leancity.core.processes.packages.drawn_names import renamed
from leancity.core.processes.packages.file import opened
from leancity.core.processes.packages.model import Content, Name
from leancity.core.processes.packages.rows import changed, lock_adoption
from leancity.core.processes.packages.tables import PackageAdoption
from leancity.core.processes.registry.tables import StaffPosition
from leancity.core.processes.versions.lanes import LaneCard
from leancity.core.processes.versions.stages import CHANGE

NOWHERE = "-"
"""The target of a channel that this city hasn't: its cases come by others."""

_CHANNELS = "select distinct channel from process_case_fact where tenant_id = $1 and channel <> ''"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A name and what it shall be here: a role's key, a unit's or a position's id, a calendar, a channel.

    The empty text unbinds it.
    """

    kind: str
    key: str
    target: str


@dataclass(frozen=True, kw_only=True)
class BoundName:
    """A name with what it is here, "" while nobody has said; ``suggested`` has the same key or the same title."""

    name: Name
    target: str
    target_title: str
    suggested: str
    suggested_title: str


@dataclass(frozen=True, kw_only=True)
class Here:
    """What this city has that a name may become: targets and their titles by kind; ``keys`` leads from keys to them."""

    titles: Mapping[str, Mapping[str, str]]
    keys: Mapping[str, Mapping[str, str]]
    unit_keys: Mapping[str, str] = field(default_factory=dict)

    def suggested(self, name: Name) -> str:
        """Return what has the name's key or, once only, its title."""
        if name.key in self.keys[name.kind]:
            return self.keys[name.kind][name.key]
        same = [target for target, title in self.titles[name.kind].items() if folded(title) == folded(name.title)]
        return same[0] if len(same) == 1 else ""


async def bind_names(
    adoption_id: uuid.UUID, wishes: Sequence[Wish], expected_version: int | None = None
) -> PackageAdoption:
    """Say what names of a package are here; refuse each that the package hasn't and each target that isn't there."""
    current_principal().require(CHANGE)
    asked = [
        Wish(kind=each.kind, key=each.key, target=one_text(f"bindings.{n}.target", each.target, limit=SHORT))
        for n, each in enumerate(wishes)
    ]
    async with tenant_tx(write=True) as unit:
        row = await lock_adoption(adoption_id, expected_version)
        names = {each.address: each for each in opened(row.content).names}
        here = await here_of(unit)
        bindings, problems = json.loads(row.bindings), []
        for place, wish in enumerate(asked):
            name = names.get(f"{wish.kind}:{wish.key}")
            if name is None:
                problems.append(Problem(code="package_name_unknown", field=f"bindings.{place}.key"))
            elif not wish.target:
                bindings.pop(name.address, None)
            elif wish.target in here.titles[name.kind]:
                bindings[name.address] = wish.target
            else:
                problems.append(Problem(code="not_found", field=f"bindings.{place}.target"))
        if problems:
            raise Refused(*problems)
        row.bindings = json.dumps(bindings, ensure_ascii=False)
        await changed(row)
        facts = {"names": [f"{each.kind}:{each.key}" for each in asked], "open": len({*names} - {*bindings})}
        await record("core.process_adoption.bound", "process_adoption", row.id, **facts)
    return row


async def bound_names(row: PackageAdoption) -> list[BoundName]:
    """Return the names of an adoption's package with what they are here and what is suggested."""
    async with tenant_tx() as unit:
        here = await here_of(unit)
    bindings = json.loads(row.bindings)
    return [_bound(name, bindings.get(name.address, ""), here) for name in opened(row.content).names]


async def here_of(unit: Unit) -> Here:
    """Return what this city has. Joins the open unit."""
    roles = await RoleRow.select(RoleRow.key, RoleRow.title)
    units = await OrgUnit.select(OrgUnit.id, OrgUnit.key, OrgUnit.title).where(OrgUnit.is_active.eq(True))
    columns = (StaffPosition.id, StaffPosition.key, StaffPosition.title)
    positions = await StaffPosition.select(*columns).where(StaffPosition.is_active.eq(True))
    calendars = {OFFICE: OFFICE, **{key: key for key in await further_hours()}}
    channels = [row["channel"] for row in await unit.connection.fetch(_CHANNELS, unit.tenant_id)]
    return Here(
        titles={
            "role": {row["key"]: row["title"] for row in roles},
            "unit": {str(row["id"]): row["title"] for row in units},
            "position": {str(row["id"]): row["title"] for row in positions},
            "calendar": calendars,
            "channel": {**{each: each for each in channels}, NOWHERE: NOWHERE},
        },
        keys={
            "role": {row["key"]: row["key"] for row in roles},
            "unit": {row["key"]: str(row["id"]) for row in units},
            "position": {row["key"]: str(row["id"]) for row in positions},
            "calendar": calendars,
            "channel": {each: each for each in channels},
        },
        unit_keys={str(row["id"]): row["key"] for row in units},
    )


def require_bound(content: Content, bindings: Mapping[str, str], here: Here) -> None:
    """Refuse a package with open names, and one bound to what this city has no more, naming each."""
    problems = []
    for name in content.names:
        params = {"kind": name.kind, "title": name.title}
        target = bindings.get(name.address, "")
        if not target:
            problems.append(Problem(code="package_name_open", field="bindings", params=params))
        elif target not in here.titles[name.kind]:
            problems.append(Problem(code="package_name_gone", field="bindings", params=params))
    if problems:
        raise Refused(*problems)


def lane_cards(content: Content, bindings: Mapping[str, str]) -> dict[str, LaneCard]:
    """Return who works in the lanes here; a name that is not bound binds nobody."""

    def id_of(kind: str, key: str) -> uuid.UUID | None:
        target = bindings.get(f"{kind}:{key}", "") if key else ""
        return uuid.UUID(target) if target else None

    return {
        lane.lane: LaneCard(
            lane=lane.lane,
            role_key=bindings.get(f"role:{lane.role}", "") if lane.role else "",
            unit_id=id_of("unit", lane.unit),
            position_id=id_of("position", lane.position),
            is_author=lane.is_author,
            is_head=lane.is_head,
        )
        for lane in content.lanes
    }


def drawing_here(xml: bytes, bindings: Mapping[str, str], here: Here) -> bytes:
    """Return a drawing that names the roles, units and calendars of this city. CPU: call it outside of any unit."""
    parted = [(*address.split(":", 1), target) for address, target in bindings.items()]
    roles = {key: target for kind, key, target in parted if kind == "role"}
    units = {key: here.unit_keys.get(target, key) for kind, key, target in parted if kind == "unit"}
    calendars = {key: target for kind, key, target in parted if kind == "calendar"}
    return renamed(xml, roles, units, calendars)


def folded(title: str) -> str:
    """Return a title as titles are compared: case, ё and blanks make no difference."""
    return " ".join(title.lower().replace("ё", "е").split())


def _bound(name: Name, target: str, here: Here) -> BoundName:
    suggested = here.suggested(name)
    titles = here.titles[name.kind]
    return BoundName(
        name=name,
        target=target,
        target_title=titles.get(target, ""),
        suggested=suggested,
        suggested_title=titles.get(suggested, ""),
    )
