"""The names of kinds of case, their states, outcomes and moves, and of modules, in the city's own words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from leancity.core.cases.kinds import CaseKind
from leancity.core.customs.collection import Collection
from leancity.core.customs.wording import Naming, named
from leancity.core.plugins.manager import Modules, installed_modules
from leancity.core.settings.declaration import Words
from leancity.core.tenancy.context import current_customs
from leancity.core.tenancy.customs import Layers

NAMES = "core.names"
_TITLE = {"en": "Names", "ru": "Названия"}


def names(modules: Modules, open_: frozenset[str]) -> Collection:
    """Return the collection: ``<kind>``, ``<kind>/state/<key>``, ``…/outcome/…``, ``…/transition/…``, ``module/…``."""
    kinds = [kind for kind in modules.case_kinds.values() if kind.module in open_]
    titles = {key: title for kind in kinds for key, title in _titles(kind)}
    titles |= {_module(name): modules.manifests[name].title for name in sorted(open_ & modules.manifests.keys())}
    defaults = {key: Naming(ru=title["ru"], en=title["en"]) for key, title in titles.items()}
    return Collection(name=NAMES, title=_TITLE, item=Naming, defaults=defaults)


def renamed(kind: CaseKind, own: Mapping[str, Layers]) -> CaseKind:
    """Return a kind with the city's titles; ``own`` are the layers of the names by key."""
    if not any(key in own for key, _ in _titles(kind)):
        return kind
    at = kind.key
    return replace(
        kind,
        title=named(kind.title, own.get(at)),
        states=tuple(replace(each, title=named(each.title, own.get(f"{at}/state/{each.key}"))) for each in kind.states),
        outcomes=tuple(
            replace(each, title=named(each.title, own.get(f"{at}/outcome/{each.key}"))) for each in kind.outcomes
        ),
        transitions=tuple(
            replace(each, title=named(each.title, own.get(f"{at}/transition/{each.name}"))) for each in kind.transitions
        ),
    )


def module_title(name: str) -> Words:
    """Return the title of an installed module as the city being served calls it."""
    return named(installed_modules().manifests[name].title, current_customs().of(NAMES).get(_module(name)))


def _module(name: str) -> str:
    return f"module/{name}"


def _titles(kind: CaseKind) -> Iterator[tuple[str, Words]]:
    yield kind.key, kind.title
    for state in kind.states:
        yield f"{kind.key}/state/{state.key}", state.title
    for outcome in kind.outcomes:
        yield f"{kind.key}/outcome/{outcome.key}", outcome.title
    for transition in kind.transitions:
        yield f"{kind.key}/transition/{transition.name}", transition.title
