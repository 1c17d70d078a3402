"""The platform's own rooms above the kernel, found by their entry points: the kernel imports neither."""

from __future__ import annotations

from importlib.metadata import entry_points
from types import ModuleType

PLATFORM = "leancity.platform"


def platform_parts() -> dict[str, ModuleType]:
    """Return the rooms (``graphql``, ``tenants``) by name."""
    return {point.name: point.load() for point in sorted(entry_points(group=PLATFORM), key=lambda p: p.name)}
