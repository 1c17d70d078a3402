"""A city's settings: the module's defaults, what the city changed, and what does not fit."""

from __future__ import annotations

import pytest

from leancity.core.errors import Refused
from leancity.core.plugins.gate import ModuleClosed
from leancity.core.plugins.manager import Modules
from leancity.core.settings.service import change_settings, settings_of
from leancity.core.testing.city import City
from leancity.modules.city_problems.settings import CityProblemsSettings


async def test_changes_lie_over_the_defaults_of_one_city(city: City, another_city: City, modules: Modules) -> None:
    async with city.serving():
        assert await settings_of("city_problems", CityProblemsSettings) == CityProblemsSettings()
        await change_settings(modules, "city_problems", {"most_photos": 2})
        await change_settings(modules, "city_problems", {"is_contact_required": True})
        changed = await settings_of("city_problems", CityProblemsSettings)
    assert changed == CityProblemsSettings(most_photos=2, is_contact_required=True)
    async with another_city.serving():
        assert await settings_of("city_problems", CityProblemsSettings) == CityProblemsSettings()


@pytest.mark.parametrize("changes", [{"most_photos": 21}, {"most_photos": "two"}, {"dragons": 1}])
async def test_what_does_not_fit_is_refused_and_changes_nothing(city: City, modules: Modules, changes: dict) -> None:
    async with city.serving():
        with pytest.raises(Refused, match="changes: settings_invalid"):
            await change_settings(modules, "city_problems", changes)
        assert await settings_of("city_problems", CityProblemsSettings) == CityProblemsSettings()


async def test_settings_of_a_closed_module_do_not_exist(city: City) -> None:
    await city.leave(*city.tenant.modules)
    async with city.serving():
        with pytest.raises(ModuleClosed):
            await settings_of("city_problems", CityProblemsSettings)
