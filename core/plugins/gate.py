"""One question, asked at every door: does this module exist for this city?

The core code that mounts a contribution asks it, so that no module can forget it and none can opt out.
"""

from __future__ import annotations

from leancity.core.tenancy.context import current_modules

DOORS = (
    "schema",
    "field",
    "subscription",
    "route",
    "enqueue",
    "job",
    "schedule",
    "service_task",
    "process",
    "event",
    "import",
    "settings",
    "customs",
    "demo",
    "case",
    "permission",
    "texts",
    "notification",
)
"""Every door a module's contribution is reached by; a test holds one closed-and-open case for each."""


class ModuleClosed(LookupError):
    """The module does not exist for this city."""

    def __init__(self, module: str) -> None:
        super().__init__(f"the module {module!r} does not exist here")
        self.module = module


def is_open(module: str) -> bool:
    """Tell whether the city being served has the module; False outside a city."""
    return module in current_modules()


def require_open(name: str) -> None:
    """Raise ``ModuleClosed`` unless ``name``'s module (``<module>`` or ``<module>.…``) is open here; core always is."""
    module = name.partition(".")[0]
    if module != "core" and not is_open(module):
        raise ModuleClosed(module)
