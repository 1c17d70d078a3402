"""Demo rules: loaded switched off, then tried against what the city has had and switched on, as a city does it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from leancity.core.customs.service import change, own
from leancity.core.errors import Refused
from leancity.modules.city_problems.routing.rules import NAME
from leancity.modules.city_problems.routing.trial import try_rule


async def load_routes(rows: Iterable[Mapping[str, Any]]) -> None:
    """Give the city rules where it has none; ``rows`` are items of the collection, each with its ``key``.

    One that names what the city has not is left out, one whose unit has nobody stays switched off.
    """
    if await own(NAME):
        return
    for row in rows:
        key = row["key"]
        try:
            await change(NAME, key, {name: value for name, value in row.items() if name != "key"})
            await try_rule(key, None)
            await change(NAME, key, {"is_on": True})
        except Refused:
            continue
