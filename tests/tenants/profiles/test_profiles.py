"""A profile brings a city what it lacks, once; what the city decides itself stays and shows as drift."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from leancity.core.customs import service as customs
from leancity.core.errors import Refused
from leancity.core.plugins.manager import Modules
from leancity.core.testing.city import City
from leancity.core.testing.platform import Platform
from leancity.tenants.profiles.applying import apply_profile
from leancity.tenants.profiles.drift import Drift, differences
from leancity.tenants.profiles.model import Profile, ProfileUnit
from leancity.tenants.profiles.reading import profile_names, read_profile, read_profile_file

REPORT = "city_problems.report"
PROFILE = Profile(
    name="example",
    title="Example",
    zone="Asia/Tomsk",
    source="invented",
    units=(
        ProfileUnit(key="top", title="Администрация"),
        ProfileUnit(key="roads", title="Управление дорог", parent="top"),
    ),
    customs={
        "core.names": {REPORT: {"ru": "Сигнал", "en": "Signal"}},
        "city_problems.settings": {"": {"most_photos": 3}},
    },
)
BARE = '{"name": "x", "title": "x", "zone": "UTC", "source": "x"'
KINDS = "{ caseKinds { key title } }"
TRACES = """
select (select count(*) from audit_event where tenant_id = $1 and action <> 'core.command.run')
     + (select count(*) from custom_change where tenant_id = $1)
     + (select count(*) from org_unit where tenant_id = $1) as n
"""


async def drifts(city: City, profile: Profile = PROFILE) -> dict[str, Drift]:
    async with city.serving():
        return {f"{each.collection} {each.key}": each.drift for each in await differences(profile)}


async def bring(city: City, profile: Profile = PROFILE, *, over_own: bool = False) -> tuple[int, int]:
    async with city.serving():
        done = await apply_profile(profile, over_own=over_own)
    return len(done.written), len(done.kept)


async def title_of_report(city: City) -> str:
    chief = await city.user("core.case.read")
    kinds = (await city.data(KINDS, as_=chief, locale="en"))["caseKinds"]
    return str(next(kind["title"] for kind in kinds if kind["key"] == REPORT))


async def test_applied_twice_it_changes_nothing(city: City, another_city: City) -> None:
    assert set((await drifts(city)).values()) == {Drift.MISSING}
    assert await bring(city) == (4, 0)
    assert await drifts(city) == {}
    assert await title_of_report(city) == "Signal"
    (before,) = await city.rows(TRACES)
    assert await bring(city) == (0, 0)
    (after,) = await city.rows(TRACES)
    assert before["n"] == after["n"]
    assert len(await drifts(another_city)) == 4


async def test_what_the_city_decides_stays_and_shows(city: City) -> None:
    await bring(city)
    async with city.serving():
        await customs.change("core.names", REPORT, {"en": "Complaint"})
        await customs.change("core.names", f"{REPORT}/state/closed", {"en": "Over"})
    assert await drifts(city) == {f"core.names {REPORT}": Drift.CHANGED}, "what it has beside the profile is its own"
    assert await bring(city) == (0, 1)
    assert await title_of_report(city) == "Complaint"
    assert await bring(city, over_own=True) == (1, 0)
    assert await title_of_report(city) == "Signal"
    async with city.serving():
        assert (await customs.own("core.names"))[f"{REPORT}/state/closed"] == {"en": "Over"}


async def test_a_newer_profile_brings_what_it_changed(city: City) -> None:
    await bring(city)
    newer = msgspec.structs.replace(PROFILE, customs={"core.names": {REPORT: {"ru": "Сигнал", "en": "Report"}}})
    assert await drifts(city, newer) == {f"core.names {REPORT}": Drift.OUTDATED}
    assert await bring(city, newer) == (1, 0)
    assert await title_of_report(city) == "Report"


async def test_a_module_that_the_city_has_not_is_told_and_left(city: City) -> None:
    await city.leave("city_problems")
    found = await drifts(city)
    assert found.pop("city_problems.settings ") is Drift.CLOSED
    assert await bring(city, msgspec.structs.replace(PROFILE, customs={"city_problems.settings": {"": {}}})) == (2, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "profile: profile_unreadable"),
        (f'{BARE}, "people": []}}', "profile: profile_unreadable"),
        (f'{BARE}, "units": [{{"key": "a", "title": "A", "parent": "b"}}]}}', "profile: profile_unit_misplaced"),
    ],
)
def test_a_profile_that_is_none_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "profile.json"
    file.write_text(text)
    missing = "profile: profile_unreadable"
    for path, expected in ((file, message), (tmp_path / "none.json", missing), (tmp_path, missing)):
        with pytest.raises(Refused, match=f"^{expected}$"):
            read_profile_file(path)


@pytest.mark.parametrize("name", ["nowhere", "../seversk", "seversk/profile.json", "/etc/x.json", ""])
def test_no_name_leads_out_of_the_profiles(name: str) -> None:
    with pytest.raises(Refused, match=r"^profile: profile_unknown$"):
        read_profile(name)


@pytest.mark.parametrize("name", profile_names())
async def test_every_profile_fits_a_city_of_its_modules(
    name: str, make_city: Callable[..., Awaitable[City]], modules: Modules
) -> None:
    profile = read_profile(name)
    assert profile.name == name and set(profile.modules) <= modules.names and len(profile.units) > 5
    city = await make_city(*profile.modules)
    written, kept = await bring(city, profile)
    assert (written, kept) == (len(profile.units) + sum(map(len, profile.customs.values())), 0)
    assert await drifts(city, profile) == {}


async def test_the_command_shows_drift_and_applies(platform: Platform, city: City) -> None:
    async def said(*arguments: str) -> tuple[int, list[str]]:
        done = await asyncio.to_thread(
            platform.command, "city", "profile", city.tenant.slug, "seversk", "--json", *arguments, check=False
        )
        return done.returncode, [json.loads(line)["drift"] for line in done.stdout.splitlines()]

    code, shown = await said()
    assert (code, set(shown)) == (4, {"missing"})
    assert await said("--apply") == (0, shown)
    assert await said() == (0, [])
