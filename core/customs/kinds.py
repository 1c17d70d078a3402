"""The kinds of case as a city has them: with its names and its targets, made once per revision."""

from __future__ import annotations

from functools import lru_cache

from leancity.core.cases.kinds import CaseKind
from leancity.core.customs.names import NAMES, renamed
from leancity.core.customs.targets import TARGETS, with_targets
from leancity.core.plugins.manager import Modules
from leancity.core.processes.running.kind import KERNEL_KINDS
from leancity.core.tenancy.customs import Customs


@lru_cache(maxsize=1_024)
def kinds_of(modules: Modules, open_: frozenset[str], customs: Customs) -> dict[str, CaseKind]:
    """Return the kernel's kinds and those of the modules ``open_`` where this is customised, by key."""
    names, targets = customs.of(NAMES), customs.of(TARGETS)
    kinds = {key: kind for key, kind in modules.case_kinds.items() if kind.module in open_} | KERNEL_KINDS
    if targets:
        kinds = {key: with_targets(kind, targets) for key, kind in kinds.items()}
    return {key: renamed(kind, names) for key, kind in kinds.items()} if names else kinds
