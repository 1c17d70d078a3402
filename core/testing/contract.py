"""The promises that every module keeps, as tests that its author inherits by subclassing once.

    from leancity.core.testing.contract import ModuleContract


    class TestParking(ModuleContract):
        module = "parking"

The fixtures come with the pytest plug-in that installing leancity brings along. Messages are spelled out, for pytest
shows no values of assertions outside test files.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from leancity.core.db.tables import TenantTable
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused
from leancity.core.i18n.catalogue import LOCALES, merged
from leancity.core.identity.scopes import parse
from leancity.core.ids import new_id
from leancity.core.plugins.contributions import Erased, ErasedPerson
from leancity.core.plugins.manager import Modules
from leancity.core.settings.declaration import ModuleSettings
from leancity.core.settings.declared import fields_of
from leancity.core.settings.service import change_settings, settings_of
from leancity.core.testing.city import City
from leancity.core.testing.doors import PLACE, PROBES
from leancity.core.testing.facts import (
    codes_of,
    data_tables,
    entry_point_of,
    folder_of,
    load_demo,
    personal_columns,
    row_counts,
    tables_of,
)
from leancity.core.testing.schema_seen import camel, has_prefix, schema_seen

MakeCity = Callable[..., Awaitable[City]]


class ModuleContract:
    """Subclass, set ``module``, and pytest holds the module to the whole contract."""

    module: ClassVar[str]
    """The name of the entry point."""
    not_personal: ClassVar[Mapping[str, str]] = {}
    """``table.column`` that only looks personal → why it is not. An entry that has become needless fails."""

    def test_it_is_installed_under_its_name(self, modules: Modules) -> None:
        point = entry_point_of(self.module)
        assert self.module in modules.names, f"{point.value} is not among {sorted(modules.names)}: see LEANCITY_MODULES"
        assert modules.manifests[self.module].name == point.name, "the manifest and the entry point differ in the name"

    def test_the_manifest_is_complete(self, modules: Modules) -> None:
        manifest = modules.manifests[self.module]
        _titled(f"{self.module}: title", manifest.title)
        _titled(f"{self.module}: summary", manifest.summary)
        assert re.fullmatch(r"\d+(\.\d+)+\w*", manifest.version), f"{manifest.version!r} is no version"
        assert self.module not in manifest.requires, "the module requires itself"

    def test_names_carry_its_prefix(self, modules: Modules) -> None:
        mine: dict[str, list[str]] = {
            "register_permissions": [each.name for each in self._given(modules, "register_permissions")],
            "register_roles": [each.key for each in self._given(modules, "register_roles")],
            "register_case_kinds": [each.key for each in self._given(modules, "register_case_kinds")],
            "register_jobs": [each.name for each in self._given(modules, "register_jobs")],
            "register_schedules": [each.name for each in self._given(modules, "register_schedules")],
            "register_service_tasks": [each.topic for each in self._given(modules, "register_service_tasks")],
            "register_processes": [each.key for each in self._given(modules, "register_processes")],
            "register_customs": [each.name for each in self._given(modules, "register_customs")],
            "register_imports": [each.name for each in self._given(modules, "register_imports")],
        }
        for hook, names in mine.items():
            strangers = [name for name in names if not name.startswith(f"{self.module}.")]
            assert not strangers, f"{hook}: {strangers} must start with {self.module!r}"
            assert len(names) == len(set(names)), f"{hook}: a name is there twice"

    def test_tables_carry_its_prefix_and_belong_to_a_city(self) -> None:
        for table in tables_of(self.module):
            name = table._meta.tablename
            assert name == self.module or name.startswith(f"{self.module}_"), f"{name} must start with {self.module}_"
            assert issubclass(table, TenantTable), f"{name} is no TenantTable: it would lie outside the wall"

    def test_permissions_and_roles_are_titled_in_every_language(self, modules: Modules) -> None:
        for permission in self._given(modules, "register_permissions"):
            _titled(permission.name, permission.title)
        for role in self._given(modules, "register_roles"):
            _titled(role.key, role.title)
            for name in role.permissions:
                modules.check_permission(parse(name)[0], role.key)

    def test_case_kinds_name_what_exists(self, modules: Modules) -> None:
        texts = merged(modules)
        for kind in self._given(modules, "register_case_kinds"):
            for name in kind.permissions():
                modules.check_permission(name, kind.key)
            for step in [step for term in kind.terms for step in term.escalation]:
                assert step.message in texts["en"], f"{kind.key}: the escalation's text {step.message!r} is missing"

    def test_every_code_has_a_text_in_every_language(self, modules: Modules) -> None:
        texts = merged(modules)
        for locale in LOCALES:
            missing = sorted(codes_of(folder_of(self.module)) - texts[locale].keys())
            assert not missing, f"{locale}: no text for {', '.join(missing)}"
        for key, words in texts[LOCALES[0]].items():
            if key.startswith(f"{self.module}."):
                places = {locale: set(PLACE.findall(texts[locale][key])) for locale in LOCALES}
                assert len(set(map(frozenset, places.values()))) == 1, f"{key}: the languages differ in {places}"
                assert words.strip(), f"{key} is empty"

    @pytest.mark.asyncio
    async def test_its_part_of_the_schema_carries_its_prefix(self, modules: Modules, make_city: MakeCity) -> None:
        contributed = modules.graphql().get(self.module)
        if contributed is None:
            pytest.skip("it has no part in the schema")
        city = await self._closed_city(modules, make_city)
        before = await schema_seen(city)
        await city.subscribe(self.module)
        after = await schema_seen(city)
        fields = after.queries - before.queries
        assert fields == ({camel(self.module)} if contributed.query else set()), f"it adds {fields} to Query"
        for kind in ("mutations", "subscriptions"):
            added = getattr(after, kind) - getattr(before, kind)
            odd = [name for name in added if not has_prefix(name, camel(self.module))]
            assert not odd, f"the {kind} {odd} must start with {camel(self.module)!r}"
        added = after.subscriptions - before.subscriptions
        assert (contributed.subscription is not None) == bool(added), "a subscription is missing"
        assert (contributed.mutation is not None) == bool(after.mutations - before.mutations), "a mutation is missing"
        assert after.of(self.module).types, f"no type starts with {camel(f'_{self.module}')!r}"
        assert not before.of(self.module).types, "a type of the module is there without it"

    @pytest.mark.parametrize("door", sorted(PROBES))
    @pytest.mark.asyncio
    async def test_a_door_is_open_with_a_subscription_only(
        self, door: str, modules: Modules, make_city: MakeCity
    ) -> None:
        city = await self._closed_city(modules, make_city)
        before = await PROBES[door](city, self.module)
        if before is None:
            pytest.skip(f"it has nothing behind the door {door!r}")
        assert before is False, f"{door} is open without a subscription"
        await city.subscribe(self.module)
        assert await PROBES[door](city, self.module), f"{door} is closed in spite of the subscription"
        await city.leave(self.module)
        assert await PROBES[door](city, self.module) is False, f"{door} stays open after the city has left"

    @pytest.mark.asyncio
    async def test_settings_have_defaults_and_are_kept(self, modules: Modules, make_city: MakeCity) -> None:
        kinds: dict[str, type[ModuleSettings]] = dict(modules.collect("register_settings"))
        if self.module not in kinds:
            pytest.skip("it has no settings")
        kind = kinds[self.module]
        city = await make_city(self.module)
        async with city.serving():
            assert await settings_of(self.module, kind) == kind(), "a fresh city has other settings than the defaults"
            defaults = {field.name: field.default for field in fields_of(kind)}
            await change_settings(modules, self.module, defaults)
            assert await settings_of(self.module, kind) == kind(), "the settings do not survive being written"
            with pytest.raises(Refused):
                await change_settings(modules, self.module, {"no_such_setting": 1})

    @pytest.mark.asyncio
    async def test_demo_data_loads_twice_and_stays_in_its_city(self, modules: Modules, make_city: MakeCity) -> None:
        self._needs_demo(modules)
        tables = data_tables(self.module)
        city, another = await make_city(self.module), await make_city(self.module)
        await load_demo(city, self.module)
        first = await row_counts(city, tables)
        assert any(first.values()), "the demo data fills nothing"
        await load_demo(city, self.module)
        assert await row_counts(city, tables) == first, "a second load changes the demo data"
        assert not any((await row_counts(another, tables)).values()), "another city sees the demo data"

    @pytest.mark.asyncio
    async def test_leaving_keeps_the_data(self, modules: Modules, make_city: MakeCity) -> None:
        self._needs_demo(modules)
        tables = data_tables(self.module)
        city = await make_city(self.module)
        await load_demo(city, self.module)
        full = await row_counts(city, tables)
        await city.leave(self.module)
        assert await row_counts(city, tables) == full, "leaving removes data"
        await city.subscribe(self.module)
        assert await row_counts(city, tables) == full, "coming back removes data"

    def test_personal_data_is_declared_and_can_be_erased(self, modules: Modules) -> None:
        columns = personal_columns(self.module)
        stale = sorted(self.not_personal.keys() - columns)
        assert not stale, f"not_personal names {stale}, which need no exception"
        columns -= self.not_personal.keys()
        declared = modules.manifests[self.module].personal_data
        assert declared or not columns, f"{sorted(columns)} look personal: say personal_data=True in the manifest"
        if declared:
            obliged = modules.obliged("person_erased")
            assert self.module in obliged, "personal_data obliges the module to implement person_erased"

    @pytest.mark.asyncio
    async def test_erasing_an_unknown_person_changes_nothing(self, modules: Modules, make_city: MakeCity) -> None:
        if self.module not in modules.obliged("person_erased"):
            pytest.skip("it keeps nothing personal")
        city = await make_city(self.module)
        await load_demo(city, self.module)
        before = await row_counts(city, tables_of(self.module))
        await city.leave(self.module)  # the data stay, and so does the obligation
        nobody = ErasedPerson(person_id=new_id(), email="nobody@nowhere.example", phone="31415926535")
        for person in (nobody, replace(nobody, person_id=None), replace(nobody, email="", phone="")):
            async with city.serving(), tenant_tx(write=True):
                erased = await modules.oblige("person_erased", self.module, person=person)
            assert erased == Erased(erased=0), f"{erased} for {person}, of whom there is nothing"
        assert await row_counts(city, tables_of(self.module)) == before, "it erased somebody else's rows"

    def test_a_readme_lies_beside_the_plug_in(self) -> None:
        readme = folder_of(self.module) / "README.md"
        assert readme.is_file(), f"{readme} is missing"
        assert readme.read_text("utf-8").startswith("# "), f"{readme} has no heading"

    def _given(self, modules: Modules, hook: str) -> list[Any]:
        return list(dict(modules.collect(hook)).get(self.module, ()))

    async def _closed_city(self, modules: Modules, make_city: MakeCity) -> City:
        """Return a city with all that the module requires, but not the module."""
        return await make_city(*(modules.closure({self.module}) - {self.module}))

    def _needs_demo(self, modules: Modules) -> None:
        if self.module not in dict(modules.collect("register_demo")):
            pytest.skip("it has no demo data")


def _titled(what: str, titles: Mapping[str, str]) -> None:
    missing = [locale for locale in LOCALES if not titles.get(locale, "").strip()]
    assert not missing, f"{what} has no text in {', '.join(missing)}"
