"""Handing copies of a city's figures to its region, and taking them back. The region never reads a city's rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.figures.months import month_name
from leancity.core.figures.store import locked_publication
from leancity.core.figures.tables import FigurePublication, PublishedFigure
from leancity.core.tenancy.context import Tenant, current_tenant
from leancity.core.tenancy.elsewhere import in_city
from leancity.core.tenancy.lookup import region_of, tenant_by_slug

SEND = "core.figures.send"

# Held until the unit ends, so that a city does not leave while the region takes its figures.
_BELONGS = "select true from tenant where id = $1 and region_id = $2 for share"


async def send(payload: dict[str, Any]) -> None:
    """Job: bring the region to what the city has published of a month by now. Once more changes nothing.

    What was withdrawn is taken back from every region that was ever handed a copy.
    """
    city, month = current_tenant(), date.fromisoformat(f"{payload['month']}-01")
    region = await region_of(city.id)
    async with tenant_tx(write=True):
        publication = await locked_publication(city.slug, month)
        figures = await PublishedFigure.objects().where(_of(city.slug, month))
        # Noted before it is handed over: what is withdrawn from now on will be taken back from there too.
        if region is not None and not publication.is_withdrawn and region.slug not in publication.regions:
            publication.regions = [*publication.regions, region.slug]
            await publication.save([FigurePublication.regions])
    if publication.is_withdrawn:
        for slug in publication.regions:
            if (holder := await tenant_by_slug(slug)) is not None:
                await in_city(holder, partial(_give_back, city, month, publication.version))
    elif region is not None:
        await in_city(region, partial(_receive, city, month, publication.version, figures))


async def _receive(city: Tenant, month: date, version: datetime, figures: Sequence[PublishedFigure]) -> None:
    """Replace, in the region, what it has of a city's month; nothing is taken of a city that is not its own (now)."""
    async with tenant_tx(write=True) as unit:
        if not await unit.connection.fetchval(_BELONGS, city.id, unit.tenant_id):
            return
        if not await _replaced(city, month, version, is_withdrawn=False):
            return
        if figures:
            await PublishedFigure.insert(*(_copy(each) for each in figures))
        await record("core.figures.received", "figures", city=city.slug, month=month_name(month), figures=len(figures))


async def _give_back(city: Tenant, month: date, version: datetime) -> None:
    """Remove, in a region, what it has of a city's month, also of a city that has left it."""
    async with tenant_tx(write=True):
        if await _replaced(city, month, version, is_withdrawn=True):
            await record("core.figures.given_back", "figures", city=city.slug, month=month_name(month))


async def _replaced(city: Tenant, month: date, version: datetime, *, is_withdrawn: bool) -> bool:
    """Empty the month for a newer version; False where what is there is as new or newer."""
    publication = await locked_publication(city.slug, month)
    if publication.version >= version:
        return False
    await PublishedFigure.delete().where(_of(city.slug, month))
    publication.version, publication.is_withdrawn = version, is_withdrawn
    await publication.save([FigurePublication.version, FigurePublication.is_withdrawn])
    return True


def _of(city: str, month: date) -> Any:
    return (PublishedFigure.city == city) & (PublishedFigure.month == month)


def _copy(figure: PublishedFigure) -> PublishedFigure:
    return PublishedFigure(
        city=figure.city,
        city_title=figure.city_title,
        month=figure.month,
        subject=figure.subject,
        measure=figure.measure,
        value=figure.value,
        unit=figure.unit,
        cases=figure.cases,
        published_at=figure.published_at,
    )
