"""Territories: parts of the city that a role may be limited to."""

from __future__ import annotations

from piccolo.columns import BigInt, Text

from leancity.core.db.tables import TenantRef, TenantTable


class Territory(TenantTable):
    """A part of the city. ``area`` is its outline as GeoJSON (WGS 84), as it was given."""

    key = Text()
    title = Text()
    area = Text(default="")

    unique_keys = (("key",),)


class TerritoryRange(TenantTable):
    """A run of H3 cells of the finest stored resolution that a territory covers, both ends inclusive.

    All descendants of a cell lie side by side, so that «is this place within» is a comparison of numbers, which
    row-level security lets reach an index.
    """

    territory_id = TenantRef(Territory, on_delete="cascade")
    low = BigInt()
    high = BigInt()

    index_keys = (("territory_id", "low"),)
