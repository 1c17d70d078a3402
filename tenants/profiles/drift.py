"""How far a city has moved from a profile."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from leancity.core.customs.service import collections, last_source, own
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.tables import OrgUnit
from leancity.tenants.profiles.model import Profile, ProfileUnit

UNITS = "core.units"
FROM_PROFILE = "profile:"


class Drift(StrEnum):
    """Why a city and a profile differ in something.

    ``missing``: the city has nothing there. ``outdated``: it has what a profile brought, and this one brings something
    else. ``changed``: somebody of the city has decided otherwise. ``closed``: the city hasn't the module.
    """

    MISSING = "missing"
    OUTDATED = "outdated"
    CHANGED = "changed"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that differs. ``wanted`` are the profile's values, ``found`` the city's of the same fields."""

    collection: str
    key: str
    drift: Drift
    wanted: dict[str, Any]
    found: dict[str, Any] | None


async def differences(profile: Profile) -> list[Difference]:
    """Return in what the city being served differs from ``profile``; what the city has beside is its own."""
    found = await _of_units(profile)
    open_here = collections()
    for collection, items in sorted(profile.customs.items()):
        if collection not in open_here:
            found += [_difference(collection, key, Drift.CLOSED, values, None) for key, values in sorted(items.items())]
            continue
        mine = await own(collection)
        for key, values in sorted(items.items()):
            has = mine.get(key)
            seen = None if has is None else {name: has.get(name) for name in values}
            if seen != values:
                drift = await _why(collection, key, is_there=has is not None)
                found.append(_difference(collection, key, drift, values, seen))
    return found


async def _why(collection: str, key: str, *, is_there: bool) -> Drift:
    source = await last_source(collection, key)
    if source is None:
        return Drift.CHANGED if is_there else Drift.MISSING
    return Drift.OUTDATED if source.startswith(FROM_PROFILE) else Drift.CHANGED


async def _of_units(profile: Profile) -> list[Difference]:
    async with tenant_tx():
        rows = {row.key: row for row in await OrgUnit.objects()}
    keys = {row.id: row.key for row in rows.values()}
    found = []
    for unit in profile.units:
        row = rows.get(unit.key)
        seen = None if row is None else _as_told(row, keys)
        if seen != _wanted(unit):
            drift = Drift.MISSING if row is None else Drift.CHANGED
            found.append(_difference(UNITS, unit.key, drift, _wanted(unit), seen))
    return found


def _wanted(unit: ProfileUnit) -> dict[str, Any]:
    form = unit.legal_form.value if unit.legal_form else ""
    return {"title": unit.title, "kind": unit.kind.value, "legal_form": form, "parent": unit.parent}


def _as_told(row: OrgUnit, keys: dict[uuid.UUID, str]) -> dict[str, Any]:
    parent = "" if row.parent_id is None else keys[row.parent_id]
    return {"title": row.title, "kind": row.kind, "legal_form": row.legal_form, "parent": parent}


def _difference(
    collection: str, key: str, drift: Drift, wanted: dict[str, Any], found: dict[str, Any] | None
) -> Difference:
    return Difference(collection=collection, key=key, drift=drift, wanted=wanted, found=found)
