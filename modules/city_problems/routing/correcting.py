"""Correcting what a report is about and where: however much of it changes at once, it is routed anew once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from leancity.core.cases.records import change_case
from leancity.core.cases.tables import CaseRecord
from leancity.core.errors import Problem, Refused
from leancity.core.geo.cells import cell_of
from leancity.core.privacy.hiding import hide_private
from leancity.core.privacy.signs import has_odd_signs, is_blank
from leancity.modules.city_problems.categories import promise_of
from leancity.modules.city_problems.checks import LONGEST_CONTACT
from leancity.modules.city_problems.routing.deciding import route
from leancity.modules.city_problems.tables import CityProblemsCategory, CityProblemsReport


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a report really is: ``point`` is (latitude, longitude) in degrees of WGS 84; None leaves it as it is."""

    point: tuple[float, float] | None = None
    address: str | None = None


SAME_PLACE = Place()


def corrections(report: CityProblemsReport, category: CityProblemsCategory | None, place: Place) -> dict[str, Any]:
    """Return the columns of a report that another category or place changes, each with its new value.

    None leaves the category as it is. Raises ``Refused`` naming ``point`` or ``address``.
    """
    if problems := [*_wrong(report, place)]:
        raise Refused(*problems)
    return dict(_corrected(report, category, place))


async def correct(
    case: CaseRecord, report: CityProblemsReport, category: CityProblemsCategory | None, changed: Mapping[str, Any]
) -> None:
    """Change a report, whose case is locked, as ``corrections`` says, and route it once where that is anything."""
    if not changed:
        return
    for name, value in changed.items():
        setattr(report, name, value)
    await report.save([*changed])  # these only: others count supporters in the same row meanwhile
    if case.cell != report.cell:
        await change_case(case, cell=report.cell)  # the territories of grants go by it
    if category is None:
        category = await CityProblemsCategory.objects().where(CityProblemsCategory.id == report.category_id).first()
    otherwise = None if category is None else promise_of(category)
    await route(case, report, case.text, case.opened_at, otherwise)


def _corrected(
    report: CityProblemsReport, category: CityProblemsCategory | None, place: Place
) -> Iterator[tuple[str, object]]:
    """Yield the columns that change, each with its new value."""
    if category is not None and category.id != report.category_id:
        yield "category_id", category.id
    if place.point is not None and place.point != (report.lat, report.lon):
        yield from zip(("lat", "lon"), place.point, strict=True)
        yield "cell", cell_of(*place.point)
    if place.address is not None and (address := place.address.strip()) != report.address:
        yield "address", address
        yield "public_address", hide_private(address).text


def _wrong(report: CityProblemsReport, place: Place) -> Iterator[Problem]:
    if place.point is not None:
        lat, lon = place.point
        if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):
            yield Problem(code="city_problems.point_invalid", field="point")
    if place.address is None:
        return
    if is_blank(place.address) and place.point is None and report.cell is None:
        yield Problem(code="city_problems.place_required", field="point")
    if len(place.address) > LONGEST_CONTACT:
        yield Problem(code="too_long", field="address", params={"limit": LONGEST_CONTACT})
    if has_odd_signs(place.address):
        yield Problem(code="signs_odd", field="address")
