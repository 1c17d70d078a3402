"""Profiles at the operator's place: in what a city differs from one, and bringing it what it lacks."""

from __future__ import annotations

from functools import partial

from leancity.core.identity.principal import current_principal
from leancity.tenants.operator.acts import acting_operator, note, tell_city, within
from leancity.tenants.operator.cities import changeable
from leancity.tenants.operator.permissions import CHANGE, READ
from leancity.tenants.profiles.applying import Applied, apply_profile
from leancity.tenants.profiles.drift import Difference, differences
from leancity.tenants.profiles.model import Profile
from leancity.tenants.profiles.reading import profile_names, read_profile


def profiles() -> list[Profile]:
    """Return the profiles that come with the platform."""
    current_principal().require(READ)
    return [read_profile(name) for name in profile_names()]


async def drift(slug: str, name: str) -> list[Difference]:
    """Return in what a city differs from a profile."""
    current_principal().require(READ)
    return await within(slug, partial(differences, read_profile(name)))


async def bring(slug: str, name: str, *, over_own: bool) -> Applied:
    """Bring a city what it lacks of a profile; ``over_own``: also where it has decided otherwise."""
    current_principal().require(CHANGE)
    profile = read_profile(name)
    await changeable(slug)
    done = await within(slug, partial(apply_profile, profile, over_own=over_own))
    if done.written:
        await tell_city(slug, "core.profile.brought", profile=name, operator=await acting_operator())
        await note("operator.profile.applied", slug, profile=name, written=len(done.written))
    return done
