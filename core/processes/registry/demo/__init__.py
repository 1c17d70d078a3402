"""A registry for a city that wants to look: forty functions, one of them with the passport of the method's own source.

The other figures are invented. It comes by the door that a city's own comes by, an import of files.
"""

from __future__ import annotations

from pathlib import Path

from leancity.core.db.unit import tenant_tx
from leancity.core.processes.registry.importing.fields import KINDS
from leancity.core.processes.registry.importing.running import import_registry
from leancity.core.processes.registry.tables import CityFunction

_FOLDER = Path(__file__).parent


async def load_registry() -> None:
    """Give the city being served a registry, unless it has a function already. Its demo units must be there."""
    async with tenant_tx():
        if await CityFunction.exists():
            return
    for kind in KINDS:
        file = _FOLDER / f"{kind}.csv"
        await import_registry(file, file.name, kind=kind)
