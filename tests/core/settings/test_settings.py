"""A city's settings in the database: kept, layered, changed by two at once, and never lost."""

from __future__ import annotations

import asyncio
import contextvars
import json
from collections.abc import Coroutine
from typing import Any

import pytest

from leancity.core.customs.tables import CustomItem
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused
from leancity.core.plugins.gate import ModuleClosed
from leancity.core.plugins.manager import Modules
from leancity.core.settings.layers import Origin
from leancity.core.settings.service import change_settings, explained, settings_of
from leancity.core.testing.city import City
from leancity.modules.city_problems.settings import CityProblemsSettings

MODULE = "city_problems"
CHANGED = "select data from audit_event where tenant_id = $1 and action = 'core.settings.changed' order by id"


async def test_changes_lie_over_the_defaults_of_one_city(city: City, another_city: City, modules: Modules) -> None:
    async with city.serving():
        assert await settings_of(MODULE, CityProblemsSettings) == CityProblemsSettings()
        await change_settings(modules, MODULE, {"most_photos": 2})
        changed = await change_settings(modules, MODULE, {"is_contact_required": True})
        assert changed == CityProblemsSettings(most_photos=2, is_contact_required=True)
        assert await settings_of(MODULE, CityProblemsSettings) == changed
        back = await change_settings(modules, MODULE, {"most_photos": None})
        assert back == CityProblemsSettings(is_contact_required=True)
    async with another_city.serving():
        assert await settings_of(MODULE, CityProblemsSettings) == CityProblemsSettings()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"most_photos": 21, "is_list_public": False}, "changes.most_photos: setting_too_large"),
        ({"most_photos": "two"}, "changes.most_photos: setting_type"),
        ({"dragons": 1}, "changes.dragons: setting_unknown"),
        ([1], "changes: setting_type"),
    ],
)
async def test_what_does_not_fit_is_refused_and_changes_nothing(
    city: City, modules: Modules, changes: Any, message: str
) -> None:
    async with city.serving():
        with pytest.raises(Refused, match=f"^{message}$"):
            await change_settings(modules, MODULE, changes)
        assert await settings_of(MODULE, CityProblemsSettings) == CityProblemsSettings()
    assert await city.rows("select id from custom_item where tenant_id = $1") == []


async def test_settings_of_a_closed_module_do_not_exist_and_are_there_again_with_it(
    city: City, modules: Modules
) -> None:
    async with city.serving():
        await change_settings(modules, MODULE, {"most_photos": 2})
    had = city.tenant.modules
    await city.leave(*had)
    async with city.serving():
        for asked in (settings_of(MODULE, CityProblemsSettings), change_settings(modules, MODULE, {"most_photos": 3})):
            with pytest.raises(ModuleClosed):
                await asked
    await city.subscribe(*had)
    async with city.serving():
        assert (await settings_of(MODULE, CityProblemsSettings)).most_photos == 2


async def test_a_stored_value_that_fits_no_more_breaks_nothing_and_stays(city: City, modules: Modules) -> None:
    stale = {"most_photos": 99, "is_contact_required": True, "was_removed": "x"}
    async with city.serving():
        async with tenant_tx(write=True):
            handed = {"most_photos": 7, "is_list_public": "no"}
            row = CustomItem(collection=f"{MODULE}.settings", changed=json.dumps(stale))
            row.handed_down = json.dumps(handed)
            await row.save()
        settings = await settings_of(MODULE, CityProblemsSettings)
        assert settings == CityProblemsSettings(most_photos=7, is_contact_required=True)
        found = await explained(modules, MODULE)
        assert found.dropped == {
            "most_photos": {Origin.CITY: 99},
            "is_list_public": {Origin.REGION: "no"},
            "was_removed": {Origin.CITY: "x"},
        }
        await change_settings(modules, MODULE, {"is_proof_required": False})
    (kept,) = await city.rows("select changed from custom_item where tenant_id = $1")
    assert json.loads(kept["changed"]) == {**stale, "is_proof_required": False}
    async with city.serving():
        await change_settings(modules, MODULE, {"most_photos": 3})
        assert (await explained(modules, MODULE)).dropped.keys() == {"is_list_public", "was_removed"}


async def test_two_who_change_at_once_both_survive_also_as_the_first(city: City, modules: Modules) -> None:
    async def change(changes: dict[str, Any]) -> None:
        async with city.serving():
            await change_settings(modules, MODULE, changes)

    await apart(change({"most_photos": 2}), change({"is_list_public": False}), change({"is_proof_required": False}))
    async with city.serving():
        settings = await settings_of(MODULE, CityProblemsSettings)
    assert settings == CityProblemsSettings(most_photos=2, is_list_public=False, is_proof_required=False)


async def test_a_change_is_recorded_by_its_fields_without_values(city: City, modules: Modules) -> None:
    async with city.serving():
        await change_settings(modules, MODULE, {"most_photos": 2, "is_list_public": None})
        await change_settings(modules, MODULE, {})
    (row,) = await city.rows(CHANGED)
    assert json.loads(row["data"]) == {"fields": ["is_list_public", "most_photos"], "module": MODULE}


async def apart(*works: Coroutine[Any, Any, None]) -> None:
    """Do all at once, each in a context of its own, as requests are."""
    await asyncio.gather(*(asyncio.create_task(work, context=contextvars.Context()) for work in works))
