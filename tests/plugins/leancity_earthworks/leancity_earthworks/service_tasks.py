"""What processes that a city draws may ask of the module."""

from __future__ import annotations

from typing import Any

from leancity.core.plugins.contributions import ServiceTask
from leancity_earthworks.service import active_bodies


async def count_bodies(facts: dict[str, Any], key: str) -> dict[str, Any]:
    """Tell how many bodies are asked about an application: a drawing may go another way where there are none."""
    return {"earthworks_bodies": len(await active_bodies())}


TASKS = (
    ServiceTask(
        topic="earthworks.bodies",
        title={"en": "Count the bodies that are asked", "ru": "Посчитать согласующие органы"},
        run=count_bodies,
    ),
)
