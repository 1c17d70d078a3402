"""Giving a city what a profile brings. What the city has decided itself stays, and a second time changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from leancity.core.audit.log import record
from leancity.core.customs.service import change
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.tables import OrgUnit
from leancity.core.identity.units import UnitCard, add_unit
from leancity.tenants.profiles.drift import FROM_PROFILE, UNITS, Difference, Drift, differences
from leancity.tenants.profiles.model import Profile


@dataclass(frozen=True, kw_only=True)
class Applied:
    """``written``: what was brought; ``kept``: in what the city still differs, and why."""

    written: tuple[Difference, ...]
    kept: tuple[Difference, ...]


async def apply_profile(profile: Profile, *, over_own: bool = False) -> Applied:
    """Bring the city being served what it lacks of ``profile``.

    ``over_own``: also where somebody of the city has decided otherwise, which history keeps and can undo; units that
    are there stay as they are. Each thing is brought by itself: cut off and begun again, it goes on.
    """
    written, kept = [], []
    for each in await differences(profile):
        if each.collection == UNITS and each.drift is Drift.MISSING:
            await _add(profile, each.key)
        elif each.collection != UNITS and _is_brought(each.drift, over_own=over_own):
            await change(each.collection, each.key, each.wanted, source=f"{FROM_PROFILE}{profile.name}")
        else:
            kept.append(each)
            continue
        written.append(each)
    if written:
        async with tenant_tx(write=True):
            await record(
                "core.profile.applied",
                "tenant",
                profile=profile.name,
                digest=profile.digest,
                written=len(written),
                kept=len(kept),
            )
    return Applied(written=tuple(written), kept=tuple(kept))


def _is_brought(drift: Drift, *, over_own: bool) -> bool:
    return drift in (Drift.MISSING, Drift.OUTDATED) or (drift is Drift.CHANGED and over_own)


async def _add(profile: Profile, key: str) -> None:
    unit = next(each for each in profile.units if each.key == key)
    async with tenant_tx(write=True):
        parent = await OrgUnit.select(OrgUnit.id).where(OrgUnit.key == unit.parent).first()
        await add_unit(
            UnitCard(
                key=unit.key,
                title=unit.title,
                kind=unit.kind,
                legal_form=unit.legal_form,
                parent_id=parent["id"] if parent else None,
            )
        )
