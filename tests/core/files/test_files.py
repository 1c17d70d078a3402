"""Photos: the type by content, no metadata, readable by whom they are for."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from leancity.core.errors import Refused
from leancity.core.files.images import clean
from leancity.core.testing.city import City


def photo(kind: str = "JPEG", size: tuple[int, int] = (40, 30), **more: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, kind, **more)
    return out.getvalue()


def test_the_geotag_is_read_and_everything_else_goes() -> None:
    image = Image.new("RGB", (40, 30), "red")
    exif = image.getexif()
    exif[0x010F], exif[0x0112] = "Secret maker", 6
    exif.get_ifd(0x8825).update({1: "S", 2: (46.0, 30.0, 36.0), 3: "E", 4: (142.0, 44.0, 16.8)})
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    cleaned = clean(out.getvalue())
    assert (cleaned.lat, cleaned.lon) == (pytest.approx(-46.51), pytest.approx(142.738))
    assert b"Secret maker" not in cleaned.content
    bare = Image.open(io.BytesIO(cleaned.content))
    assert not bare.getexif() and bare.size == (30, 40), "turned upright before the orientation is lost"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_large_pictures_are_made_smaller(kind: str) -> None:
    cleaned = clean(photo(kind, (4000, 1000)))
    assert max(Image.open(io.BytesIO(cleaned.content)).size) == 2560


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<svg/>", photo()[:-200], photo("GIF"), b"\xff\xd8\xff"])
def test_what_is_no_photo_is_refused(content: bytes) -> None:
    with pytest.raises(Refused, match="file: image_unreadable"):
        clean(content)


async def test_an_upload_is_its_owners_until_it_is_published(city: City) -> None:
    sent = await city.request("POST", "/files", files={"file": ("../../etc/x.jpg", photo(), "text/html")})
    assert sent.status_code == 201 and sent.json()["mediaType"] == "image/jpeg"
    path = f"/files/{sent.json()['id']}"
    assert (await city.request("GET", path)).status_code == 404
    clerk = await city.user("core.case.read")
    assert (await city.request("GET", path, as_=clerk)).status_code == 404, "it hangs on no case that they may see"
    mine = await city.request("POST", "/files", as_=clerk, files={"file": ("x.jpg", photo(), "image/jpeg")})
    assert (await city.request("GET", f"/files/{mine.json()['id']}", as_=clerk)).status_code == 200


async def test_another_citys_file_is_not_found(city: City, another_city: City) -> None:
    sent = await city.request("POST", "/files", files={"file": ("x.jpg", photo(), "image/jpeg")})
    stranger = await another_city.user("core.case.read")
    assert (await another_city.request("GET", f"/files/{sent.json()['id']}", as_=stranger)).status_code == 404


async def test_a_bad_upload_names_the_field_in_the_readers_language(city: City) -> None:
    for files in ({"file": ("x.jpg", b"no picture", "image/jpeg")}, {"other": ("x.jpg", photo(), "image/jpeg")}):
        answer = await city.request("POST", "/files", files=files, headers={"Accept-Language": "ru"})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "file"
        assert "JPEG" in answer.json()["title"]
