"""Photos: no metadata, upright, small, and bombs refused before they are decoded."""

from __future__ import annotations

import io
import resource

import pytest
from PIL import Image

from leancity.core.errors import Refused
from leancity.core.files.images import CleanImage, clean
from tests.core.files.made import animated, picture, png_of, png_with_text, with_words


def cleaned(content: bytes) -> CleanImage:
    return clean(io.BytesIO(content))


def seen(image: CleanImage) -> Image.Image:
    return Image.open(io.BytesIO(image.content))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_geotag_is_read_and_everything_else_goes(kind: str) -> None:
    image = Image.new("RGB", (40, 30), "red")
    exif = image.getexif()
    exif[0x010F], exif[0x0112] = "Secret maker", 6
    exif.get_ifd(0x8825).update({1: "S", 2: (46.0, 30.0, 36.0), 3: "E", 4: (142.0, 44.0, 16.8)})
    out = io.BytesIO()
    image.save(out, kind, exif=exif)
    found = cleaned(out.getvalue())
    assert (found.lat, found.lon) == pytest.approx((-46.51, 142.738))
    assert b"Secret maker" not in found.content
    bare = seen(found)
    assert not bare.getexif() and bare.size == (30, 40), "turned upright before the orientation is lost"


def test_a_phones_heic_becomes_a_jpeg_without_what_it_tells() -> None:
    image = Image.new("RGB", (40, 30), "red")
    exif = image.getexif()
    exif[0x010F] = "Secret maker"
    exif.get_ifd(0x8825).update({1: "N", 2: (46.0, 30.0, 36.0), 3: "E", 4: (142.0, 44.0, 16.8)})
    out = io.BytesIO()
    image.save(out, "HEIF", exif=exif)
    assert b"Secret maker" in out.getvalue()
    found = cleaned(out.getvalue())
    assert (found.lat, found.lon) == pytest.approx((46.51, 142.738))
    assert seen(found).format == "JPEG" and b"Secret maker" not in found.content


def test_words_in_a_picture_go() -> None:
    content = with_words("Secret author")
    assert b"Secret author" in content and b"Secret author" not in cleaned(content).content


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_large_pictures_are_made_smaller(kind: str) -> None:
    assert max(seen(cleaned(picture(kind, (4000, 1000)))).size) == 2560


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_pictures_in_every_mode_are_read(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    out = io.BytesIO()
    Image.new(mode, (40, 30)).save(out, kind)
    assert seen(cleaned(out.getvalue())).size == (40, 30)


def test_of_an_animation_the_first_picture_stays() -> None:
    found = seen(cleaned(animated()))
    assert getattr(found, "n_frames", 1) == 1
    pixel = found.convert("RGB").getpixel((20, 15))
    assert isinstance(pixel, tuple)
    red, _, blue = pixel
    assert red > 200 and blue < 50


@pytest.mark.parametrize(
    ("content", "code"),
    [(png_of(40_000, 25_000), "image_too_large"), (png_with_text(100_000_000), "image_unreadable")],
)
def test_a_bomb_is_refused_before_it_takes_memory(content: bytes, code: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Refused, match=f"file: {code}"):
        cleaned(content)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 * 1024, "KB"
