"""Bad uploads: a clear error in the user's language that names the field, and nothing is stored anywhere."""

from __future__ import annotations

from typing import Any

import pytest

from leancity.core.i18n.catalogue import read_catalogue
from tests.core.files.conftest import Site
from tests.core.files.made import NASTY, pdf, picture
from tests.house.source import ROOT

TEXTS = read_catalogue(ROOT / "core" / "i18n" / "texts")


async def test_nothing_nasty_is_stored(site: Site) -> None:
    clerk = await site.city.user()
    for name, (content, code) in NASTY.items():
        locale = "ru" if len(name) % 2 else "en"
        answer = await site.send(content, "фото.jpg", as_=clerk, locale=locale)
        assert answer.status_code == 422, name
        found = answer.json()
        [error] = found["errors"]
        assert (error["field"], error["code"]) == ("file", code), name
        words = TEXTS[locale][code].partition("{")[0]
        assert found["title"] == error["message"] and error["message"].startswith(words), name
        assert "{" not in error["message"], "every place of the text is filled"
    assert await site.is_empty()


async def test_a_stranger_sends_nothing_but_pictures(folder_site: Site) -> None:
    answer = await folder_site.send(pdf(), "photo.jpg", locale="ru")
    assert (answer.status_code, answer.json()["code"]) == (422, "file_type")
    assert answer.json()["title"].endswith("JPEG, PNG, WebP, HEIC")
    assert await folder_site.is_empty()


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"files": {"other": ("x.jpg", picture(), "image/jpeg")}}, "file_missing"),
        ({"json": {"file": "x"}}, "file_missing"),
        ({"content": b"", "headers": {"Content-Type": "multipart/form-data"}}, "file_missing"),
        ({"content": b"x" * 100, "headers": {"Content-Type": "multipart/form-data; boundary=b"}}, "form_broken"),
        (
            {
                "content": b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n' + picture(),
                "headers": {"Content-Type": "multipart/form-data; boundary=b"},
            },
            "form_broken",
        ),
        (
            {
                "content": b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\n'
                + bytes(200_000)
                + b"\r\n--b--",
                "headers": {"Content-Type": "multipart/form-data; boundary=b"},
            },
            "form_broken",
        ),
    ],
)
async def test_a_form_that_is_none_is_refused(folder_site: Site, sent: dict[str, Any], code: str) -> None:
    answer = await folder_site.city.request("POST", "/files", **sent)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["errors"][0]["field"] == "file"
    assert await folder_site.is_empty()


async def test_fields_beside_the_file_do_no_harm(folder_site: Site) -> None:
    files = {"file": ("x.jpg", picture(), "image/jpeg")}
    answer = await folder_site.city.request("POST", "/files", files=files, data={"note": "x"})
    assert answer.status_code == 201, answer.text


NAMES = ["../../../etc/cron.d/x", "..\\..\\a.jpg", "/etc/passwd", "C:\\boot.ini", "a\u202egpj.exe", "NUL", "я" * 400]


async def test_a_name_leads_nowhere(folder_site: Site) -> None:
    for name in NAMES:
        kept = await folder_site.sent(picture(), name)
        assert not set("/\\:\u202e") & {*kept["name"]} and len(kept["name"]) <= 200
    [key] = folder_site.bytes.keys(folder_site.city)
    assert key.startswith(f"{folder_site.city.tenant.slug}/"), "bytes have no name of anybody's choice"
