"""A trial over as many reports as a request takes."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leancity.core.geo.territories import save_territory
from leancity.modules.city_problems.imports import write_requests
from leancity.modules.city_problems.routing.trial import MOST_REPORTS
from tests.modules.city_problems.conftest import Town
from tests.modules.city_problems.routing.desk import attempt, change
from tests.modules.city_problems.routing.test_matching import CENTRE, NORTH, square

WORDS = ("Яма", "Снега", "Света", "Мусора", "Деревьев", "Фонаря", "Бордюра", "Остановки")
FILLING = "во дворе дома уже вторую неделю, дети ходят в школу мимо, просим принять меры как можно скорее. " * 3
BATCH = 1_000


@pytest.mark.long
async def test_ten_thousand_reports_are_tried_in_one_request(town: Town) -> None:
    draw = random.Random(4)  # noqa: S311
    rows: list[dict[str, Any]] = []
    for number in range(MOST_REPORTS):
        begun = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=30 * number)
        lat, lon = draw.choice((CENTRE, NORTH))
        rows.append(
            {
                "external_id": str(number),
                "category": draw.choice(("pothole", "snow", "litter")),
                "title": "",
                "text": f"{draw.choice(WORDS)} {draw.choice(WORDS)} {FILLING}",
                "created_at": begun,
                "closed_at": begun + timedelta(days=draw.randrange(1, 20)),
                "outcome": "fixed",
                "lat": lat,
                "lon": lon,
                **dict.fromkeys(("address", "reporter_name", "reporter_phone", "reporter_email"), ""),
            }
        )
    async with town.city.serving():
        await save_territory("north", "Север", square(*NORTH))
        for first in range(0, MOST_REPORTS, BATCH):
            await write_requests(rows[first : first + BATCH], "elsewhere")
    for number in range(30):
        other = {"order": number, "words": [f"слово{number}"], "unit": "roads", "when": "working"}
        assert (await attempt(town, draft=other, limit=1))["errors"] == []
        assert await change(town, f"r{number}", **other, isOn=True) == []
    rule = {"order": 50, "words": ["яма"], "wordsNone": ["снег"], "territories": ["north"], "unit": "roads", "days": 5}
    trial = (await attempt(town, draft=rule))["trial"]
    fit = [row for row in rows if "Яма" in row["text"] and "Снега" not in row["text"] and row["lat"] == NORTH[0]]
    assert (trial["reports"], trial["matched"], trial["closed"]) == (MOST_REPORTS, len(fit), len(fit))
    assert 0 < trial["kept"] < len(fit)
