"""Publishing a month's figures, looking at them before, and taking them back. In a city only."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from leancity.core.audit.log import record
from leancity.core.cases.kinds import CaseKind
from leancity.core.cases.registry import open_kinds
from leancity.core.clock.city import city_clock
from leancity.core.clock.work_clock import WorkClock
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.figures.discretion import told
from leancity.core.figures.history import month_of_cases
from leancity.core.figures.measures import FigureUnit, measures_of
from leancity.core.figures.months import borders, ended_month, month_name, month_past
from leancity.core.figures.sending import SEND
from leancity.core.figures.store import known_publication, locked_publication
from leancity.core.figures.tables import FigurePublication, PublishedFigure
from leancity.core.identity.principal import current_principal
from leancity.core.identity.settings import CoreSettings
from leancity.core.jobs.outbox import enqueue
from leancity.core.moment import now
from leancity.core.settings.service import settings_of
from leancity.core.tenancy.context import current_tenant
from leancity.core.tenancy.limits import TenantKind

PUBLISH = "core.figures.publish"
PUBLISH_MONTH = "core.figures.publish_month"

_HAS_REGION = "select region_id is not null from tenant where id = $1"


def published_kinds() -> dict[str, CaseKind]:
    """Return the kinds that a region hears of: the kernel's own holds processes that have nothing in common."""
    return {key: kind for key, kind in open_kinds().items() if kind.module != "core"}


async def preview(month: str) -> list[PublishedFigure]:
    """Return what would be published of a month («2026-10»), without doing it."""
    first = _checked(month)
    return await _figures(first, published_kinds().values(), now())


async def publish(month: str, *, kinds: Collection[str] | None = None) -> list[PublishedFigure]:
    """Publish the figures of a month («2026-10») and return them; a second time they replace the first.

    ``kinds``: keys of kinds of case, the others keep what was published; None for all that the city has. Where the city
    has a region, a job hands it the copies. Refuses a month that is not over, an unknown kind, and anybody but a city.
    """
    first, known = _checked(month), published_kinds()
    if kinds is not None and not {*kinds} <= known.keys():
        raise refuse("not_found", "kinds")
    chosen = [known[key] for key in sorted(known if kinds is None else {*kinds})]
    async with tenant_tx(write=True) as unit:
        publication = await locked_publication(current_tenant().slug, first)
        figures = await _figures(first, chosen, now())
        old = (PublishedFigure.city == publication.city) & (PublishedFigure.month == first)
        if kinds is not None:
            old &= PublishedFigure.subject.is_in([kind.key for kind in chosen] or [""])
        await PublishedFigure.delete().where(old)
        if figures:
            await PublishedFigure.insert(*figures)
        has_region = await unit.connection.fetchval(_HAS_REGION, unit.tenant_id)
        await _changed(publication, is_withdrawn=False, is_told=has_region)
        subjects = [kind.key for kind in chosen]
        await record("core.figures.published", "figures", month=month, subjects=subjects, figures=len(figures))
    return figures


async def withdraw(month: str) -> None:
    """Take a month's figures back, also from every region that may have a copy. Refuses where there are none."""
    first = _checked(month)
    async with tenant_tx(write=True):
        publication = await locked_publication(current_tenant().slug, first)
        if publication.is_withdrawn:
            raise refuse("figures_not_published", "month")
        await PublishedFigure.delete().where(
            (PublishedFigure.city == publication.city) & (PublishedFigure.month == first)
        )
        await _changed(publication, is_withdrawn=True, is_told=bool(publication.regions))
        await record("core.figures.withdrawn", "figures", month=month)


async def publish_month(payload: dict[str, Any]) -> None:
    """Job: publish the month past where the city's settings say so, and nobody has published or withdrawn it."""
    if current_tenant().kind is not TenantKind.CITY:
        return
    if not (await settings_of("core", CoreSettings)).publishes_figures:
        return
    month = month_past()
    if await known_publication(current_tenant().slug, ended_month(month)) is None:
        await publish(month)


def _checked(month: str) -> date:
    current_principal().require(PUBLISH)
    if current_tenant().kind is not TenantKind.CITY:
        raise refuse("figures_cities_publish")
    return ended_month(month)


async def _changed(publication: FigurePublication, *, is_withdrawn: bool, is_told: bool) -> None:
    """Note the new state of a locked publication and ask for the job that tells the region."""
    publication.version = max(now(), publication.version + timedelta(microseconds=1))
    publication.is_withdrawn = is_withdrawn
    await publication.save([FigurePublication.version, FigurePublication.is_withdrawn])
    if is_told:
        month = month_name(publication.month)
        key = f"{SEND} {month}"
        await enqueue(SEND, {"month": month}, key=f"{key} {publication.version.isoformat()}", order_key=key)


async def _figures(month: date, kinds: Collection[CaseKind], at: datetime) -> list[PublishedFigure]:
    least = (await settings_of("core", CoreSettings)).figures_least_cases
    async with tenant_tx():
        clock = await city_clock()
        return [
            figure
            for kind in sorted(kinds, key=lambda kind: kind.key)
            for figure in await _of_kind(kind, month, clock, least, at)
        ]


async def _of_kind(kind: CaseKind, month: date, clock: WorkClock, least: int, at: datetime) -> list[PublishedFigure]:
    cases = await month_of_cases(kind.key, *borders(month), clock)
    measures = measures_of(kind)
    counts = frozenset(key for key, measure in measures.items() if measure.unit is FigureUnit.CASES)
    shown = told({key: measure.reckon(cases) for key, measure in measures.items()}, counts, least)
    city = current_tenant()
    return [
        PublishedFigure(
            city=city.slug,
            city_title=city.title,
            month=month,
            subject=kind.key,
            measure=key,
            value=None
            if (figure := shown[key]) is None or figure.value is None
            else round(figure.value, measure.decimals),
            unit=measure.unit_of(cases).value,
            cases=None if figure is None else figure.cases,
            published_at=at,
        )
        for key, measure in measures.items()
    ]
