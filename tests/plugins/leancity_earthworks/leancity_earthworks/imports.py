"""What ``leancity import`` can fill: the bodies that a city asks, from a list it keeps somewhere already."""

from __future__ import annotations

from collections.abc import Sequence

from leancity.core.imports.target import BatchResult, ImportField, ImportTarget, Values
from leancity_earthworks.service import set_body
from leancity_earthworks.tables import EarthworksBody


async def write_bodies(rows: Sequence[Values], source: str) -> BatchResult:
    """Add the bodies whose key is not known yet; what the city has made of the others stays."""
    known = {row["key"] for row in await EarthworksBody.select(EarthworksBody.key)}
    fresh = {row["key"]: row for row in rows if row["key"] not in known}
    for key, row in fresh.items():
        await set_body(key, {"ru": row["title_ru"], "en": row["title_en"] or row["title_ru"]})
    return BatchResult(written=len(fresh), known=len(rows) - len(fresh))


BODIES = ImportTarget(
    name="earthworks.bodies",
    title={"en": "Bodies that approve earthworks", "ru": "Организации, согласующие земляные работы"},
    fields=(
        ImportField(name="key", title={"en": "Key", "ru": "Ключ"}, required=True),
        ImportField(name="title_ru", title={"en": "Title in Russian", "ru": "Название"}, required=True),
        ImportField(name="title_en", title={"en": "Title in English", "ru": "Название по-английски"}),
    ),
    write=write_bodies,
)
