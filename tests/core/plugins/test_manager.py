"""Finding plug-ins: what is wrong stops the start with the plug-in's name."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType, SimpleNamespace
from typing import Annotated, Any

import pytest
from piccolo.table import Table

from leancity.core.cases.kinds import CaseKind, CaseState, Outcome, Transition
from leancity.core.customs.collection import Collection
from leancity.core.db.tables import TenantTable
from leancity.core.errors import StartupError
from leancity.core.i18n.catalogue import merged
from leancity.core.plugins import hooks, manager
from leancity.core.plugins.contributions import Job, Manifest, Permission, Role, Texts
from leancity.core.plugins.hooks import hookimpl
from leancity.core.plugins.manager import Modules
from leancity.core.settings.declaration import ModuleSettings, Setting

BOTH = {"ru": "x", "en": "x"}


class ParkingZone(TenantTable):
    """A table with the prefix."""


class Zone(TenantTable):
    """A table without it."""


class ParkingLot(Table):
    """A table outside the wall."""


def plugin(**hooks_: Any) -> ModuleType:
    """Return a plug-in called ``parking`` whose hooks return (or, as functions, do) these."""
    module = ModuleType("parking_plugin")
    manifest = Manifest(name="parking", title=BOTH, summary=BOTH, kind="module", version="1.0")
    for name, given in {"register_module": manifest, **hooks_}.items():
        setattr(module, name, hookimpl(given if callable(given) else _returning(name, given)))
    return module


def _returning(name: str, given: Any) -> Any:
    def hook() -> Any:
        return given

    hook.__name__ = name
    return hook


def modules(**hooks_: Any) -> Modules:
    return Modules({"parking": plugin(**hooks_)})


def kind(**changed: Any) -> CaseKind:
    facts: dict[str, Any] = {
        "key": "parking.fine",
        "title": BOTH,
        "prefix": "PF",
        "states": (CaseState(key="new", title=BOTH), CaseState(key="done", title=BOTH, is_final=True)),
        "initial": "new",
        "outcomes": (Outcome(key="paid", title=BOTH),),
        "transitions": (
            Transition(
                name="close",
                title=BOTH,
                from_states=("new",),
                to="done",
                permission="parking.fine.close",
                outcomes=("paid",),
            ),
        ),
    }
    return CaseKind(**{**facts, **changed})


CLOSE = Permission(name="parking.fine.close", title=BOTH, by_row=True)


async def nothing(payload: dict[str, Any]) -> None:
    """A job."""


class Tariff(ModuleSettings, frozen=True, kw_only=True):
    """An item of a collection."""

    rate: Annotated[int, Setting(title=BOTH, help=BOTH, ge=1)] = 1


class Wrong(ModuleSettings, frozen=True, kw_only=True):
    """An item that nobody could explain."""

    rate: int = 1


def zones(**changed: Any) -> Collection:
    """Return a collection that is right but for what is given."""
    return Collection(**{"name": "parking.zones", "title": BOTH, "item": Tariff, **changed})


def broken() -> Iterable[Permission]:
    raise ZeroDivisionError("half-way")


def test_a_plug_in_with_everything_right_is_taken() -> None:
    found = modules(
        register_permissions=[CLOSE],
        register_roles=[Role(key="parking.clerk", title=BOTH, permissions=("parking.fine.close", "core.case.read"))],
        register_case_kinds=[kind()],
        register_jobs=[Job(name="parking.tick", run=nothing)],
    )
    assert found.names == {"parking"}
    assert set(found.permissions) == {"parking.fine.close"}
    assert set(found.case_kinds) == {"parking.fine"}
    assert set(found.jobs) == {"parking.tick"}


def test_nothing_contributed_is_nothing() -> None:
    found = modules()
    assert (found.permissions, found.roles, found.jobs, found.case_kinds, found.import_targets) == ({}, {}, {}, {}, {})
    assert found.piccolo_apps() == []


@pytest.mark.parametrize(
    ("contributed", "told"),
    [
        ({"register_permissions": [Permission(name="payments.zone.edit", title=BOTH)]}, "'payments.zone.edit' must"),
        ({"register_permissions": [Permission(name="parking.edit", title=BOTH)]}, "'parking.edit' must have 3 parts"),
        ({"register_permissions": [CLOSE, CLOSE]}, "'parking.fine.close' is there twice"),
        ({"register_permissions": broken}, "register_permissions: ZeroDivisionError: half-way"),
        (
            {"register_roles": [Role(key="parking.clerk", title=BOTH, permissions=("parking.fine.close",))]},
            "no such permission: 'parking.fine.close'",
        ),
        ({"register_roles": [Role(key="clerk", title=BOTH, permissions=())]}, "'clerk' must have 2 parts"),
        ({"register_jobs": [Job(name="core.deliver", run=nothing)]}, "'core.deliver' must"),
        ({"register_case_kinds": [kind(key="desk.fine")]}, "'desk.fine' must"),
        ({"register_case_kinds": [kind()]}, "no such permission: 'parking.fine.close'"),
        (
            {
                "register_permissions": [CLOSE],
                "register_case_kinds": [kind(), kind(key="parking.other")],
            },
            "parking.fine numbers its cases PF too",
        ),
        ({"register_imports": [SimpleNamespace(name="fines")]}, "'fines' must have 2 parts"),
        ({"register_customs": [zones(name="desk.zones")]}, "register_customs: 'desk.zones' must"),
        ({"register_customs": [zones(), zones()]}, "register_customs: 'parking.zones' is there twice"),
        ({"register_customs": [zones(name="parking.settings")]}, "that is the name of the module's settings"),
        ({"register_customs": [zones(title={"ru": "x"})]}, "parking.zones: needs a title in ru and en"),
        (
            {"register_customs": [zones(own_only=frozenset({"colour"}))]},
            "parking.zones: own_only: no such fields: colour",
        ),
        ({"register_customs": [zones(defaults={"a b": Tariff()})]}, "parking.zones: 'a b' can't be a key"),
        ({"register_customs": [zones(defaults={"a": Tariff(rate=0)})]}, "parking.zones: 'a': rate: 0 does not fit"),
        ({"register_customs": [zones(item=Wrong)]}, "parking.zones: rate: is annotated by no Setting"),
        ({"register_customs": [zones(permission="parking.zone.edit")]}, "no such permission: 'parking.zone.edit'"),
        ({"register_tables": "no_such.piccolo_app"}, "register_tables: no_such.piccolo_app: ModuleNotFoundError"),
        ({"register_module": "parking"}, "not a Manifest"),
        (
            {
                "register_module": Manifest(
                    name="parking", title=BOTH, summary=BOTH, kind="module", version="1", needs_platform=">=99"
                )
            },
            "made for leancity >=99",
        ),
        (
            {"register_module": Manifest(name="park", title=BOTH, summary=BOTH, kind="module", version="1")},
            "the manifest calls itself 'park'",
        ),
        (
            {
                "register_module": Manifest(
                    name="parking", title=BOTH, summary=BOTH, kind="module", version="1", requires=("payments",)
                )
            },
            "requires the module 'payments', which is not installed",
        ),
        ({"register_modules": None}, "unknown hook 'register_modules'"),
    ],
)
def test_a_mistake_stops_the_start_with_the_plug_in_and_in_one_line(contributed: dict[str, Any], told: str) -> None:
    with pytest.raises(StartupError) as caught:
        modules(**contributed)
    assert str(caught.value).startswith("parking")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_wrong_argument_of_a_hook_is_told_in_one_line() -> None:
    async def case_submitted(case: str) -> None:
        """Hears of something else."""

    with pytest.raises(StartupError, match=r"^parking: .*'case_submitted'.*'case'") as caught:
        modules(case_submitted=case_submitted)
    assert "\n" not in str(caught.value)


def test_a_plug_in_without_a_manifest_is_refused() -> None:
    with pytest.raises(StartupError, match="parking: register_module is missing"):
        Modules({"parking": ModuleType("parking_plugin")})


@pytest.mark.parametrize("name", ["Parking", "parking-lots", "1parking", "parking_"])
def test_a_name_is_lower_case_words(name: str) -> None:
    with pytest.raises(StartupError, match=f"^{name}: "):
        Modules({name: plugin()})


@pytest.mark.parametrize(
    ("table", "told"),
    [(ParkingZone, None), (Zone, "'zone' must start with 'parking_'"), (ParkingLot, "'parking_lot' is no TenantTable")],
)
def test_tables_carry_the_prefix_and_belong_to_a_city(
    table: type[Table], told: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = ModuleType("parking_app")
    vars(app)["APP_CONFIG"] = SimpleNamespace(table_classes=[table])
    monkeypatch.setitem(__import__("sys").modules, "parking_app", app)
    if told is None:
        assert modules(register_tables="parking_app").piccolo_apps() == ["parking_app"]
    else:
        with pytest.raises(StartupError, match=f"parking: register_tables: {told}"):
            modules(register_tables="parking_app")


def test_texts_are_complete_and_carry_the_prefix(tmp_path: Any) -> None:
    found = modules(register_texts=Texts(folder=tmp_path))
    with pytest.raises(StartupError, match=r"parking: .*ru\.json"):
        merged(found)
    for locale, text in (("ru", '{"parking.full": "нет мест"}'), ("en", '{"parking.full": "full"}')):
        (tmp_path / f"{locale}.json").write_text(text, "utf-8")
    assert merged(found)["ru"]["parking.full"] == "нет мест"
    (tmp_path / "en.json").write_text("{}", "utf-8")
    with pytest.raises(StartupError, match=r"parking: .*differ in parking\.full"):
        merged(found)
    for locale in ("ru", "en"):
        (tmp_path / f"{locale}.json").write_text('{"required": "x"}', "utf-8")
    with pytest.raises(StartupError, match="parking: the text 'required' must start with 'parking'"):
        merged(found)


def test_events_are_of_one_kind_each() -> None:
    events = {name for name in vars(hooks) if hasattr(getattr(hooks, name), f"{hooks.PROJECT}_spec")}
    events = {name for name in events if not name.startswith("register_")}
    assert events == hooks.RULES | hooks.LISTENERS | hooks.OBLIGATIONS
    assert len(events) == len(hooks.RULES) + len(hooks.LISTENERS) + len(hooks.OBLIGATIONS)


async def test_a_rule_reaches_the_citys_modules_only_and_aborts() -> None:
    asked: list[str] = []

    def rule(owner: str) -> Any:
        async def case_closing(outcome: str) -> None:
            asked.append(owner)
            if outcome == owner:
                raise ValueError(owner)

        return case_closing

    found = Modules({name: _named(name, rule(name)) for name in ("alpha", "beta", "gamma")})
    here = frozenset({"alpha", "gamma"})
    await found.apply_rules("case_closing", here, case_id=None, kind="", outcome="")
    assert asked == ["alpha", "gamma"]
    asked.clear()
    with pytest.raises(ValueError, match="alpha"):
        await found.apply_rules("case_closing", here, case_id=None, kind="", outcome="alpha")
    assert asked == ["alpha"]
    with pytest.raises(ValueError, match="not a rule"):
        await found.apply_rules("case_submitted", here)
    with pytest.raises(ValueError, match="not a listener"):
        found.listeners("case_closing", here)


def _named(name: str, case_closing: Any) -> ModuleType:
    manifest = Manifest(name=name, title=BOTH, summary=BOTH, kind="module", version="1.0")
    return plugin(register_module=manifest, case_closing=case_closing)


def test_a_module_brings_along_what_it_requires() -> None:
    def needing(name: str, *requires: str) -> ModuleType:
        return plugin(
            register_module=Manifest(name=name, title=BOTH, summary=BOTH, kind="module", version="1", requires=requires)
        )

    found = Modules({"a": needing("a", "b"), "b": needing("b", "c"), "c": needing("c"), "d": needing("d")})
    assert found.closure(["a", "gone"]) == {"a", "b", "c"}
    assert found.closure([]) == frozenset()


def test_only_the_allowed_entry_points_are_loaded() -> None:
    assert set(manager.discover("city_problems")) == {"city_problems"}
    assert manager.discover(" , ") == {}
    with pytest.raises(StartupError, match="LEANCITY_MODULES: not installed: nowhere"):
        manager.discover("city_problems, nowhere")
