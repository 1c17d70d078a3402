"""Images: re-encoded, so that nothing but the picture remains; the geotag is read before it goes."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from leancity.core.errors import refuse

FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
LARGEST_PIXELS = 50_000_000
LONGEST_SIDE = 2560  # pixels


@dataclass(frozen=True, kw_only=True)
class CleanImage:
    """``lat``/``lon`` in degrees of WGS 84, None without a geotag."""

    content: bytes
    media_type: str
    lat: float | None
    lon: float | None


def clean(content: bytes) -> CleanImage:
    """Return the picture without metadata, upright and of at most 2560 pixels a side.

    The type is told by the content, never by the name. Refuses what is no JPEG, PNG or WebP, or too large to decode.
    """
    try:
        with Image.open(io.BytesIO(content), formats=tuple(FORMATS)) as image:
            if image.width * image.height > LARGEST_PIXELS:
                raise refuse("image_too_large", "file", limit=LARGEST_PIXELS // 1_000_000)
            lat, lon = _geotag(image)
            kind = str(image.format)
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            bare = upright.convert("RGB") if kind == "JPEG" else upright.convert("RGBA")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise refuse("image_unreadable", "file") from error
    out = io.BytesIO()
    bare.info.clear()
    bare.save(out, kind, quality=85)
    return CleanImage(content=out.getvalue(), media_type=FORMATS[kind], lat=lat, lon=lon)


def _geotag(image: Image.Image) -> tuple[float | None, float | None]:
    gps = image.getexif().get_ifd(ExifTags.IFD.GPSInfo)
    try:
        lat = _degrees(gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLatitudeRef] == "S")
        lon = _degrees(gps[ExifTags.GPS.GPSLongitude], gps[ExifTags.GPS.GPSLongitudeRef] == "W")
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None, None
    return (lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 else (None, None)


def _degrees(parts: tuple[float, float, float], is_negative: bool) -> float:
    degrees = float(parts[0]) + float(parts[1]) / 60 + float(parts[2]) / 3600
    return -degrees if is_negative else degrees
