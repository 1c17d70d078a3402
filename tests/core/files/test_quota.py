"""How much a stranger may send: by network, in files and in bytes, whatever comes at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

from leancity.core.files.kinds import KNOWN, STRANGERS
from leancity.core.moment import now
from tests.core.files.conftest import Site
from tests.core.files.made import pdf, picture


async def aged(site: Site, by: timedelta) -> None:
    """Let the time of every quota of the city have begun so much earlier."""
    found = "update upload_quota set hour = hour - $2::interval, day = day - $2::interval where tenant_id = $1"
    await site.city.rows(found, by)


async def test_a_network_sends_so_many_files_an_hour(folder_site: Site) -> None:
    async def send() -> int:
        return (await folder_site.send(picture())).status_code

    counted: Counter[int] = Counter()
    for _ in range(4):
        counted.update(await asyncio.gather(*(send() for _ in range(9))))
    assert counted == {201: STRANGERS.uploads, 429: 36 - STRANGERS.uploads}
    refused = await folder_site.send(picture(), locale="ru")
    assert refused.json()["code"] == "upload_quota" and "мин" in refused.json()["title"]
    assert 0 < int(refused.headers["retry-after"]) <= 3601
    assert (await folder_site.send(picture(), as_=await folder_site.city.user())).status_code == 201, "who signs in may"
    await aged(folder_site, timedelta(hours=1))
    assert await send() == 201, "an hour later there are as many again"


async def test_a_network_sends_so_many_bytes_a_day(folder_site: Site) -> None:
    assert (await folder_site.send(picture())).status_code == 201
    await folder_site.city.rows("update upload_quota set size = $2 where tenant_id = $1", STRANGERS.size - 100)
    assert (await folder_site.send(picture())).status_code == 429
    await aged(folder_site, timedelta(hours=2))
    assert (await folder_site.send(picture())).status_code == 429, "the day is not over"
    await aged(folder_site, timedelta(days=1))
    assert (await folder_site.send(picture())).status_code == 201


async def test_what_was_set_aside_and_not_sent_is_given_back(folder_site: Site) -> None:
    """Without a length the most is set aside; refused or kept, what counts in the end is what came."""
    clerk, content = await folder_site.city.user(), pdf("x" * 1000)
    url = await folder_site.ticket(as_=clerk)

    async def chunks() -> AsyncIterator[bytes]:
        yield content

    answer = await folder_site.city.request("PUT", url, content=chunks())
    assert answer.status_code == 201
    assert (await folder_site.send(b"\0nonsense", as_=clerk)).status_code == 422
    [row] = await folder_site.city.rows("select * from upload_quota where tenant_id = $1")
    assert (row["uploads"], row["size"]) == (2, len(content) + len(b"\0nonsense"))
    assert row["hour"] <= now() and KNOWN.size > STRANGERS.size
    assert str(clerk.id) not in row["key"] and "127" not in row["key"].split(".")
