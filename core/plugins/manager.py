"""Finds plug-ins, checks them strictly, and collects what they contribute together with who contributed it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points, version
from typing import TYPE_CHECKING, Any

import pluggy
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from leancity.core.cases.kinds import CaseKind, check_kinds
from leancity.core.errors import StartupError
from leancity.core.identity.scopes import Scope, parse
from leancity.core.jobs.cron import check_schedules
from leancity.core.plugins import hooks
from leancity.core.plugins.contributions import (
    GraphQLTypes,
    Job,
    Manifest,
    ModuleProcess,
    NotificationDefault,
    Permission,
    Role,
    Schedule,
    ServiceTask,
)
from leancity.core.processes.running.kind import KERNEL_KINDS
from leancity.core.settings.declaration import ModuleSettings
from leancity.core.tenancy.limits import TenantKind

if TYPE_CHECKING:  # it is declared by means that need this file
    from leancity.core.customs.collection import Collection

MODULES = "leancity.modules"
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


class Modules:
    """The plug-ins of this installation. Built once at start, read everywhere."""

    def __init__(self, plugins: Mapping[str, object]) -> None:
        """Register ``plugins`` (name to plug-in module); raise ``StartupError`` naming the one that is wrong."""
        self._manager = pluggy.PluginManager(hooks.PROJECT)
        self._manager.add_hookspecs(hooks)
        for name, plugin in sorted(plugins.items()):
            if not _NAME.fullmatch(name):
                raise StartupError(f"{name}: a module's name is lower case words joined by _")
            try:
                self._manager.register(plugin, name)
            except (ValueError, pluggy.PluginValidationError) as error:
                raise StartupError(
                    f"{name}: {' '.join(str(error).split())}"
                ) from error  # pluggy speaks in several lines
            self._refuse_unknown_hooks(name, plugin)
        self.manifests: dict[str, Manifest] = self._read_manifests(plugins)
        self._check_requirements()
        self.permissions: dict[str, Permission] = {p.name: p for p in self._named("register_permissions", "name", 3)}
        self.roles: dict[str, Role] = {role.key: role for role in self._named("register_roles", "key", 2)}
        for role in self.roles.values():
            for permission in role.permissions:
                self._check_entry(permission, role.key)
        self.jobs: dict[str, Job] = {job.name: job for job in self._named("register_jobs", "name", 2)}
        self.schedules: dict[str, Schedule] = {each.name: each for each in self._named("register_schedules", "name", 2)}
        check_schedules(self.schedules.values(), self.jobs)
        self.service_tasks: dict[str, ServiceTask] = {
            task.topic: task for task in self._named("register_service_tasks", "topic", 2)
        }
        self.case_kinds: dict[str, CaseKind] = {kind.key: kind for kind in self._named("register_case_kinds", "key", 2)}
        check_kinds([*KERNEL_KINDS.values(), *self.case_kinds.values()])
        for kind in self.case_kinds.values():
            for permission in kind.permissions():
                self.check_permission(permission, kind.key)
                if not self.is_by_row(permission):
                    raise StartupError(f"{kind.key}: {permission!r} is asked for case by case: declare it by_row=True")
        self.processes: dict[str, ModuleProcess] = self._declared_processes()
        self.notifications: dict[str, NotificationDefault] = {
            default.key: default for default in self._named("register_notifications", "key", 2)
        }
        self._check_notifications()
        self.import_targets: dict[str, Any] = {t.name: t for t in self._named("register_imports", "name", 2)}
        self.settings: dict[str, type[ModuleSettings]] = self._declared_settings()
        self.customs: dict[str, Collection] = self._declared_customs()
        self._check_tables()

    def _refuse_unknown_hooks(self, name: str, plugin: object) -> None:
        try:
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise StartupError(f"{name}: {error}") from error

    def _read_manifests(self, plugins: Mapping[str, object]) -> dict[str, Manifest]:
        manifests: dict[str, Manifest] = {}
        for owner, manifest in self.collect("register_module"):
            if not isinstance(manifest, Manifest):
                raise StartupError(f"{owner}: register_module returned {manifest!r}, not a Manifest")
            if manifest.name != owner:
                raise StartupError(f"{owner}: the manifest calls itself {manifest.name!r}")
            manifests[owner] = manifest
        for name in plugins:
            if name not in manifests:
                raise StartupError(f"{name}: register_module is missing")
        return manifests

    def _check_requirements(self) -> None:
        ours = version("leancity")
        for name, manifest in self.manifests.items():
            try:
                fits = SpecifierSet(manifest.needs_platform).contains(ours, prereleases=True)
            except InvalidSpecifier as error:
                raise StartupError(f"{name}: needs_platform: {error}") from error
            if not fits:
                raise StartupError(f"{name}: made for leancity {manifest.needs_platform}, this is {ours}")
            for required in manifest.requires:
                if required not in self.manifests:
                    raise StartupError(f"{name}: requires the module {required!r}, which is not installed")

    def _declared_settings(self) -> dict[str, type[ModuleSettings]]:
        """Return the structures of the settings by module, the kernel's first."""
        from leancity.core.identity.settings import CoreSettings
        from leancity.core.settings.declared import checked_kinds

        return checked_kinds({"core": CoreSettings, **dict(self.collect("register_settings"))})

    def _declared_customs(self) -> dict[str, Collection]:
        """Return what modules let cities customise, by name."""
        from leancity.core.customs.collection import checked_collections

        found = checked_collections(self._named("register_customs", "name", 2))
        for collection in found.values():
            if collection.permission is not None:
                self.check_permission(collection.permission, collection.name)
        return found

    def _declared_processes(self) -> dict[str, ModuleProcess]:
        """Return the processes of modules by key; each has been read, and all that it names is there."""
        found = {process.key: process for process in self._named("register_processes", "key", 2)}
        if found:
            from leancity.core.processes.shipped.checking import check_process  # it reads XML, which most starts don't

            for process in found.values():
                check_process(self, process)
        return found

    def _check_tables(self) -> None:
        from leancity.core.db.tables import TenantTable

        for owner, path in self.collect("register_tables"):
            try:
                tables = import_module(path).APP_CONFIG.table_classes
            except Exception as error:  # as in `_load`
                raise StartupError(f"{owner}: register_tables: {path}: {type(error).__name__}: {error}") from error
            for table in tables:
                name = table._meta.tablename
                if name != owner and not name.startswith(f"{owner}_"):
                    raise StartupError(f"{owner}: register_tables: {name!r} must start with '{owner}_'")
                if not issubclass(table, TenantTable):
                    raise StartupError(f"{owner}: register_tables: {name!r} is no TenantTable")

    def _check_notifications(self) -> None:
        from leancity.core.identity.permissions import KERNEL_ROLES
        from leancity.core.notifications.defaults import ROLE, problem_of

        states = {(kind.key, state.key) for kind in self.case_kinds.values() for state in kind.states}
        roles = {*self.roles, *(role.key for role in KERNEL_ROLES)}
        for default in self.notifications.values():
            problem = problem_of(default, case_kinds=self.case_kinds, states=states)
            if problem is None and default.audience.startswith(ROLE) and default.audience[len(ROLE) :] not in roles:
                problem = f"no such role: {default.audience!r}"
            if problem is not None:
                raise StartupError(f"{default.key}: {problem}")

    def _named(self, hook: str, attribute: str, parts: int) -> Iterator[Any]:
        """Yield contributions whose names are ``<module>.…`` with ``parts`` parts, each name once."""
        seen: set[str] = set()
        for owner, contributions in self.collect(hook):
            for contribution in contributions:
                name = getattr(contribution, attribute)
                if name.count(".") != parts - 1 or not name.startswith(f"{owner}."):
                    raise StartupError(f"{owner}: {hook}: {name!r} must have {parts} parts and start with {owner!r}")
                if name in seen:
                    raise StartupError(f"{owner}: {hook}: {name!r} is there twice")
                seen.add(name)
                yield contribution

    def collect(self, hook: str, **kwargs: Any) -> Iterator[tuple[str, Any]]:
        """Yield ``(module, result)`` in name order: pluggy alone forgets who answered."""
        everyone = set(self._manager.get_plugins())
        for name, plugin in sorted(self._manager.list_name_plugin()):
            call = self._manager.subset_hook_caller(hook, everyone - {plugin})
            try:
                results = call(**kwargs)
            except Exception as error:  # as in `_load`
                raise StartupError(f"{name}: {hook}: {type(error).__name__}: {error}") from error
            for result in results:
                yield name, result

    @property
    def names(self) -> frozenset[str]:
        """The modules that a city may have."""
        return self.serving(TenantKind.CITY)

    def serving(self, kind: TenantKind) -> frozenset[str]:
        """Return the modules that a tenant of this kind may have."""
        return frozenset(name for name, manifest in self.manifests.items() if kind in manifest.serves)

    def closure(self, modules: Iterable[str]) -> frozenset[str]:
        """Return the installed ones of ``modules`` with all that they require."""
        wanted = {name for name in modules if name in self.manifests}
        while True:
            more = {required for name in wanted for required in self.manifests[name].requires} - wanted
            if not more:
                return frozenset(wanted)
            wanted |= more

    def _check_entry(self, permission: str, role: str) -> None:
        try:
            name, scope = parse(permission)
        except ValueError as error:
            raise StartupError(f"{role}: {permission!r}: {error}") from error
        self.check_permission(name, role)
        if scope is not Scope.ALL and not self.is_by_row(name):
            raise StartupError(f"{role}: {permission!r}: it is not declared by_row, so it has no scope")

    def is_by_row(self, permission: str) -> bool:
        """Tell whether a permission is asked for row by row; False too for one that nobody declared."""
        from leancity.core.identity.permissions import KERNEL_PERMISSIONS

        declared = self.permissions.get(permission) or KERNEL_PERMISSIONS.get(permission)
        return declared is not None and declared.by_row

    def check_permission(self, name: str, user: str) -> None:
        """Raise ``StartupError`` when ``user`` names a permission that nobody declared."""
        from leancity.core.identity.permissions import KERNEL_PERMISSIONS

        if name not in self.permissions and name not in KERNEL_PERMISSIONS:
            raise StartupError(f"{user}: no such permission: {name!r}")

    def piccolo_apps(self) -> list[str]:
        """Return the dotted paths of the modules' table apps."""
        return [path for _, path in self.collect("register_tables")]

    def graphql(self) -> dict[str, GraphQLTypes]:
        return dict(self.collect("register_graphql"))

    async def apply_rules(self, rule: str, subscribed: frozenset[str], **kwargs: Any) -> None:
        """Call a rule on the city's modules, one after another, in the caller's transaction; an error aborts it."""
        if rule not in hooks.RULES:
            raise ValueError(f"{rule} is not a rule")
        for name in sorted(self.manifests.keys() & subscribed):
            await self.call(rule, name, **kwargs)

    async def call(self, event: str, module: str, **kwargs: Any) -> None:
        """Call one module's implementation of an event, if it has one."""
        for result in self._calls(event, module, kwargs):
            await result

    async def oblige(self, obligation: str, module: str, **kwargs: Any) -> Any:
        """Call one module's implementation of an obligation and return its result.

        Whether the city has the module is not asked. Raises ``LookupError`` where there is no implementation.
        """
        for result in self._calls(obligation, module, kwargs):
            return await result
        raise LookupError(f"{module} has no {obligation}")

    def _calls(self, event: str, module: str, kwargs: dict[str, Any]) -> list[Awaitable[Any]]:
        plugin = self._manager.get_plugin(module)
        if plugin is None:
            return []
        everyone = set(self._manager.get_plugins())
        results: list[Awaitable[Any]] = self._manager.subset_hook_caller(event, everyone - {plugin})(**kwargs)
        return results

    def obliged(self, obligation: str) -> list[str]:
        """Return the installed modules that implement an obligation."""
        if obligation not in hooks.OBLIGATIONS:
            raise ValueError(f"{obligation} is not an obligation")
        return self._implementing(obligation)

    def _implementing(self, event: str) -> list[str]:
        return sorted({impl.plugin_name for impl in getattr(self._manager.hook, event).get_hookimpls()})

    def listeners(self, event: str, subscribed: frozenset[str]) -> list[str]:
        """Return the city's modules that implement a listener."""
        if event not in hooks.LISTENERS:
            raise ValueError(f"{event} is not a listener")
        return [name for name in self._implementing(event) if name in subscribed]


def discover(allowed: str = "*") -> dict[str, object]:
    """Load the entry points in ``leancity.modules`` that ``allowed`` (names by comma, or ``*``) lets in."""
    found = {point.name: point for point in entry_points(group=MODULES)}
    if allowed != "*":
        wanted = [name.strip() for name in allowed.split(",") if name.strip()]
        missing = [name for name in wanted if name not in found]
        if missing:
            raise StartupError(f"LEANCITY_MODULES: not installed: {', '.join(missing)}")
        found = {name: found[name] for name in wanted}
    return {name: _load(point) for name, point in found.items()}


def _load(point: EntryPoint) -> object:
    try:
        return point.load()
    except Exception as error:  # a stranger's import may fail in any way; the operator needs its name
        distribution = f"{point.dist.name} {point.dist.version}" if point.dist else "?"
        raise StartupError(f"{distribution}: {point.name}: {type(error).__name__}: {error}") from error


@cache
def installed_modules() -> Modules:
    """Return the plug-ins of this process, found and checked at the first call."""
    from leancity.core.config import load
    from leancity.core.i18n.catalogue import merged

    modules = Modules(discover(load().modules))
    texts = merged(modules)  # raises for a text that is missing in a language or has no prefix
    for default in modules.notifications.values():
        if default.text and default.text not in texts["en"]:
            raise StartupError(f"{default.key}: no such text: {default.text!r}")
    return modules
