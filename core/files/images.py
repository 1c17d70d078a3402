"""Images: re-encoded, so that nothing but the picture remains; the geotag is read before it goes."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import BinaryIO

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError
from pillow_heif import register_heif_opener

from leancity.core.errors import refuse
from leancity.core.files.kinds import JPEG, PNG, WEBP, Kind

register_heif_opener(thumbnails=False)

FORMATS: dict[str, Kind] = {"JPEG": JPEG, "PNG": PNG, "WEBP": WEBP, "HEIF": JPEG}
"""What is read, and what it is kept as: few programs show HEIC."""
WRITTEN = {JPEG.media_type: "JPEG", PNG.media_type: "PNG", WEBP.media_type: "WEBP"}
LARGEST_PIXELS = 50_000_000
LONGEST_SIDE = 2560  # pixels
_BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_BROKEN = (
    UnidentifiedImageError,
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    OverflowError,
    RuntimeError,
)
"""What Pillow and the decoders raise over damaged files."""


@dataclass(frozen=True, kw_only=True)
class CleanImage:
    """``lat``/``lon`` in degrees of WGS 84, None without a geotag."""

    content: bytes
    kind: Kind
    lat: float | None
    lon: float | None


def clean(file: BinaryIO) -> CleanImage:
    """Return the picture without metadata, upright and of at most 2560 pixels a side; of several the first.

    Refuses what can't be read to its end, and before it is decoded what has too many pixels.
    """
    file.seek(0)
    try:
        with Image.open(file, formats=tuple(FORMATS)) as image:
            if image.width * image.height > LARGEST_PIXELS:
                raise refuse("image_too_large", "file", limit=LARGEST_PIXELS // 1_000_000)
            lat, lon = _geotag(image)
            kind = FORMATS[str(image.format)]
            bare = _bare(image, kind)
    except _BOMB as error:
        raise refuse("image_too_large", "file", limit=LARGEST_PIXELS // 1_000_000) from error
    except _BROKEN as error:
        raise refuse("image_unreadable", "file") from error
    out = io.BytesIO()
    bare.save(out, WRITTEN[kind.media_type], quality=85)
    return CleanImage(content=out.getvalue(), kind=kind, lat=lat, lon=lon)


def _bare(image: Image.Image, kind: Kind) -> Image.Image:
    """Decode; make small first, for every step before that is of the whole picture."""
    if kind is JPEG:
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    image.load()
    whole = image if image.mode in {"L", "RGB", "RGBA", "CMYK"} else image.convert("RGBA")
    whole.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    upright = ImageOps.exif_transpose(whole)
    bare = upright.convert("RGB" if kind is JPEG or not upright.has_transparency_data else "RGBA")
    bare.info.clear()
    return bare


def _geotag(image: Image.Image) -> tuple[float | None, float | None]:
    gps = image.getexif().get_ifd(ExifTags.IFD.GPSInfo)
    try:
        lat = _degrees(gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLatitudeRef] == "S")
        lon = _degrees(gps[ExifTags.GPS.GPSLongitude], gps[ExifTags.GPS.GPSLongitudeRef] == "W")
    except (KeyError, TypeError, ValueError, ZeroDivisionError, IndexError):
        return None, None
    return (lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 else (None, None)


def _degrees(parts: tuple[float, float, float], is_negative: bool) -> float:
    degrees = float(parts[0]) + float(parts[1]) / 60 + float(parts[2]) / 3600
    return -degrees if is_negative else degrees
