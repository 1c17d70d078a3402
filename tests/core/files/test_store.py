"""Both stores, through the doors: what is put is what is answered, whole and in part."""

from __future__ import annotations

import hashlib
import random

import pytest

from tests.core.files.conftest import Site
from tests.core.files.made import GOOD, pdf, picture

LARGE = 20 * 1024 * 1024


async def test_every_kind_that_is_taken_comes_back(site: Site) -> None:
    clerk = await site.city.user()
    for content, media_type, extension in GOOD.values():
        kept = await site.sent(content, "Отчёт 你好.exe", as_=clerk)
        answer = await site.city.request("GET", kept["url"], as_=clerk)
        assert answer.status_code == 200
        assert answer.headers["content-type"].partition(";")[0] == kept["mediaType"] == media_type
        assert kept["name"] == f"Отчёт 你好{extension}" and kept["size"] == len(answer.content)
        assert media_type.startswith("image/") or answer.content == content
        how = "inline" if extension in {".jpg", ".png", ".webp", ".pdf"} else "attachment"
        shown = answer.headers["content-disposition"]
        assert shown.startswith(f"{how}; ") and "filename*=UTF-8''%D0%9E%D1%82%D1%87" in shown and shown.isascii()
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert answer.headers["cache-control"] == "private, no-cache"
    assert len(site.bytes.keys(site.city)) == len({row["sha256"] for row in await site.rows()}) > len(GOOD) // 2


async def test_a_large_file_goes_and_comes_in_parts(site: Site) -> None:
    """Larger than a part of S3, so that it is sent as several."""
    clerk = await site.city.user()
    words = random.Random(7).randbytes(LARGE // 2).hex()  # noqa: S311 - nothing is secret in it
    content = pdf(words)
    url = await site.ticket("отчёт.pdf", len(content), as_=clerk)
    answer = await site.city.request("PUT", url, content=content)
    assert answer.status_code == 201, answer.text
    [row] = await site.rows()
    assert row["sha256"] == hashlib.sha256(content).hexdigest() and row["uploaded_by"] == clerk.id
    [key] = site.bytes.keys(site.city)
    assert site.bytes.content(key) == content
    whole = await site.city.request("GET", answer.json()["url"], as_=clerk)
    assert whole.content == content
    for first, last in ((0, 0), (5, 5_000_000), (LARGE - 10, LARGE + 10), (len(content) - 1, len(content) - 1)):
        part = await site.city.request(
            "GET", answer.json()["url"], as_=clerk, headers={"Range": f"bytes={first}-{last}"}
        )
        assert (part.status_code, part.content) == (206, content[first : last + 1])
        assert part.headers["content-range"] == f"bytes {first}-{last}/{len(content)}"
    assert site.bytes.begun() == []


async def test_the_conversation_about_a_part(site: Site) -> None:
    clerk = await site.city.user()
    content = pdf("0123456789")
    url = (await site.sent(content, as_=clerk))["url"]
    size, tag = len(content), f'"{hashlib.sha256(content).hexdigest()}"'

    async def ask(method: str = "GET", **headers: str) -> tuple[int, bytes, dict[str, str]]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await site.city.request(method, url, as_=clerk, headers=sent)
        return answer.status_code, answer.content, dict(answer.headers)

    status, found, headers = await ask()
    assert (status, found, headers["etag"], headers["accept-ranges"]) == (200, content, tag, "bytes")
    status, found, headers = await ask("HEAD")
    assert (status, found, headers["content-length"]) == (200, b"", str(size))
    assert (await ask("HEAD", range="bytes=0-1"))[0] == 200
    assert (await ask(range="bytes=-4"))[:2] == (206, content[-4:])
    assert (await ask(range="bytes=3-"))[:2] == (206, content[3:])
    assert (await ask(range="bytes=0-1,4-5"))[:2] == (200, content)
    status, found, headers = await ask(range=f"bytes={size}-")
    assert (status, found, headers["content-range"]) == (416, b"", f"bytes */{size}")
    for match in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        status, found, headers = await ask(if_none_match=match)
        assert (status, found, headers["etag"]) == (304, b"", tag)
    assert (await ask(if_none_match='"other"'))[0] == 200
    assert (await ask(if_range=tag, range="bytes=0-1"))[0] == 206
    assert (await ask(if_range='"other"', range="bytes=0-1"))[:2] == (200, content)
    assert (await ask(if_range=f"W/{tag}", range="bytes=0-1"))[0] == 200
    assert (await ask(if_range="Wed, 21 Oct 2015 07:28:00 GMT", range="bytes=0-1"))[0] == 200


async def test_equal_bytes_lie_there_once_a_city(site: Site) -> None:
    clerk = await site.city.user()
    first, second = await site.sent(pdf(), as_=clerk), await site.sent(pdf(), "other.pdf", as_=clerk)
    assert first["id"] != second["id"] and first["claim"] != second["claim"]
    assert len(site.bytes.keys(site.city)) == 1
    for kept in (first, second):
        assert (await site.city.request("GET", kept["url"], as_=clerk)).content == pdf()


async def test_bytes_that_were_lost_come_back_with_the_next_upload(site: Site) -> None:
    clerk = await site.city.user()
    lost = await site.sent(pdf(), as_=clerk)
    [key] = site.bytes.keys(site.city)
    site.bytes.remove(key)
    answer = await site.city.request("GET", lost["url"], as_=clerk)
    assert answer.status_code == 500 and answer.json()["code"] == "internal"
    again = await site.sent(pdf(), as_=clerk)
    assert (await site.city.request("GET", again["url"], as_=clerk)).content == pdf()


@pytest.mark.parametrize("kind", ["JPEG", "HEIF"])
async def test_a_strangers_photo_is_nobodys_to_see(folder_site: Site, kind: str) -> None:
    kept = await folder_site.sent(picture(kind))
    assert (await folder_site.city.request("GET", kept["url"])).status_code == 404
    clerk = await folder_site.city.user("core.case.read")
    assert (await folder_site.city.request("GET", kept["url"], as_=clerk)).status_code == 404
