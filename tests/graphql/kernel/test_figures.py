"""Figures through the API: looked at, published, paged, compared by the region, taken back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leancity.core.cases.bulk_import import ImportedCase, import_cases
from leancity.core.identity.permissions import KERNEL_PERMISSIONS
from leancity.core.tenancy.service import set_region
from leancity.core.testing.city import City, TestUser
from tests.graphql.kernel.conftest import REPORT

NODE = "city month subject subjectTitle measure { key title direction } unit value cases publishedAt"
LIST = (
    'query ($first: Int, $after: String) { publishedFigures(month: "2026-09", first: $first, after: $after)'
    f" {{ totalCount pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {NODE} }} }} }} }}"
)
COMPARED = (
    f'{{ figuresComparison(month: "%s", subject: "{REPORT}", measure: "%s") {{ unit measure {{ title direction }}'
    " rows { city standing value unit cases rank change } } }"
)
OPENED = datetime(2026, 9, 7, 1, tzinfo=UTC)


async def closed_after(city: City, days: int, *, opened: datetime = OPENED, cases: int = 6) -> None:
    """Bring cases from elsewhere that were closed after so many days."""
    source = f"{opened:%Y-%m} {days}"
    async with city.serving():
        await import_cases(
            REPORT,
            source,
            [
                ImportedCase(
                    external_id=str(number),
                    title="Hole",
                    text="",
                    opened_at=opened,
                    closed_at=opened + timedelta(days=days),
                    outcome="fixed",
                )
                for number in range(cases)
            ],
        )


async def publish(city: City, as_: TestUser, month: str = "2026-09") -> None:
    """Publish a month by the API and let the jobs run."""
    mutation = f'mutation {{ figuresPublish(month: "{month}") {{ errors {{ code }} }} }}'
    assert await city.data(mutation, as_=as_) == {"figuresPublish": {"errors": []}}
    await city.run_jobs()


async def test_a_city_looks_publishes_pages_and_takes_back(make_city: Callable[..., Awaitable[City]]) -> None:
    city = await make_city("city_problems")
    reader, publisher = await city.user("core.figures.read"), await city.user("core.figures.publish")
    await closed_after(city, 2)
    preview = f'{{ figuresPreview(month: "2026-09") {{ {NODE} }} }}'
    looked = (await city.data(preview, as_=publisher, locale="ru"))["figuresPreview"]
    assert (await city.data(LIST, as_=reader))["publishedFigures"]["totalCount"] == 0, "looking publishes nothing"
    await publish(city, publisher)

    pages: list[dict[str, Any]] = []
    page: dict[str, Any] = {"pageInfo": {"endCursor": None}}
    for _ in range(3):
        asked = {"first": 5, "after": page["pageInfo"]["endCursor"]}
        page = (await city.data(LIST, asked, as_=reader, locale="ru"))["publishedFigures"]
        pages += [edge["node"] for edge in page["edges"]]
    assert not page["pageInfo"]["hasNextPage"] and page["totalCount"] == len(pages) == len(looked) == 13
    assert all(node.pop("publishedAt") for node in pages) and not any(node.pop("publishedAt") for node in looked)
    assert pages == sorted(looked, key=lambda node: node["measure"]["key"])
    (time,) = [node for node in pages if node["measure"]["key"] == "lead_time_median"]
    assert time == {
        "city": city.tenant.slug,
        "month": "2026-09",
        "subject": REPORT,
        "subjectTitle": "Городская проблема",
        "measure": {"key": "lead_time_median", "title": "Срок исполнения, медиана", "direction": "LESS"},
        "unit": "WORKING_DAYS",
        "value": 2.0,
        "cases": 6,
    }
    withdrawing = 'mutation { figuresWithdraw(month: "2026-09") { figures { city } errors { field code message } } }'
    assert await city.data(withdrawing, as_=publisher) == {"figuresWithdraw": {"figures": [], "errors": []}}
    assert (await city.data(LIST, as_=reader))["publishedFigures"]["totalCount"] == 0
    again = (await city.data(withdrawing, as_=publisher, locale="ru"))["figuresWithdraw"]
    message = "За этот месяц ничего не опубликовано"
    assert again == {
        "figures": None,
        "errors": [{"field": "month", "code": "figures_not_published", "message": message}],
    }


async def test_a_region_compares_its_cities(make_city: Callable[..., Awaitable[City]]) -> None:
    region = await make_city(kind="region")
    slow, quick, small, silent = [await make_city("city_problems") for _ in range(4)]
    for city in (slow, quick, small, silent):
        await set_region(city.tenant.slug, region.tenant.slug)
    for city, days, cases in ((slow, 7, 8), (quick, 2, 6), (small, 1, 4)):
        publisher = await city.user("core.figures.publish")
        await closed_after(city, days, cases=cases)
        await publish(city, publisher)
        if city is slow:
            await closed_after(city, 14, opened=OPENED - timedelta(days=31))
            await publish(city, publisher, "2026-08")
    reader = await region.user("core.figures.read")
    found = (await region.data(COMPARED % ("2026-09", "lead_time_median"), as_=reader))["figuresComparison"]
    assert (found["unit"], found["measure"]["direction"]) == ("WORKING_DAYS", "LESS")
    best, second, *others = found["rows"]
    nothing = {"value": None, "unit": None, "cases": None, "rank": None, "change": None}
    unit = {"unit": "WORKING_DAYS", "standing": "COMPARED"}
    assert best == {"city": quick.tenant.slug, **unit, "value": 2.0, "cases": 6, "rank": 1, "change": None}
    assert second == {"city": slow.tenant.slug, **unit, "value": 5.0, "cases": 8, "rank": 2, "change": -5.0}
    assert others == [
        {"city": small.tenant.slug, "standing": "TOO_FEW", **nothing},
        {"city": silent.tenant.slug, "standing": "NOT_PUBLISHED", **nothing},
    ]
    neutral = (await region.data(COMPARED % ("2026-09", "closed"), as_=reader))["figuresComparison"]["rows"]
    assert [(row["value"], row["rank"]) for row in neutral] == [(8, None), (6, None), (None, None), (None, None)]
    own = await quick.data(COMPARED % ("2026-09", "closed"), as_=await quick.user("core.figures.read"))
    assert [row["city"] for row in own["figuresComparison"]["rows"]] == [quick.tenant.slug], "a city sees itself"


@pytest.mark.parametrize(
    ("asked", "field", "code"),
    [
        ('figuresPreview(month: "2026-1") { city }', "month", "figures_month_invalid"),
        ('figuresPreview(month: "2999-01") { city }', "month", "figures_month_ahead"),
        ('publishedFigures(month: "x") { totalCount }', "month", "figures_month_invalid"),
        ('publishedFigures(month: "2999-01") { totalCount }', "month", "figures_month_ahead"),
        ('publishedFigures(after: "x") { totalCount }', "after", "cursor_invalid"),
        ('figuresComparison(month: "", subject: "x", measure: "x") { month }', "month", "figures_month_invalid"),
        ('figuresComparison(month: "2026-09", subject: "x", measure: "opened") { month }', "subject", "not_found"),
        (f'figuresComparison(month: "2026-09", subject: "{REPORT}", measure: "x") {{ month }}', "measure", "not_found"),
    ],
)
async def test_what_does_not_fit_is_refused_by_its_name(
    make_city: Callable[..., Awaitable[City]], asked: str, field: str, code: str
) -> None:
    city = await make_city()
    chief = await city.user(*KERNEL_PERMISSIONS)
    (error,) = (await city.graphql(f"{{ {asked} }}", as_=chief))["errors"]
    told: dict[str, Any] = error["extensions"]
    assert (told["field"], told["code"].lower()) == (field, code)


async def test_a_region_publishes_nothing(make_city: Callable[..., Awaitable[City]]) -> None:
    region = await make_city(kind="region")
    chief = await region.user("core.figures.publish")
    mutation = 'mutation { figuresPublish(month: "2026-09") { figures { city } errors { field code message } } }'
    assert (await region.data(mutation, as_=chief, locale="ru"))["figuresPublish"] == {
        "figures": None,
        "errors": [{"field": None, "code": "figures_cities_publish", "message": "Показатели публикует только город"}],
    }
