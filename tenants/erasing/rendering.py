"""The certificate as people read, print and file it: plain text in the city's language."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from leancity.core.i18n.catalogue import text
from leancity.tenants.erasing.certificate import Document

_WIDTH = 34  # characters of a table's name


def rendered(document: Document) -> str:
    """Return the text of a certificate, several lines."""
    locale, city, erased, checked = (document[key] for key in ("locale", "city", "erased", "checked"))

    def said(key: str, **params: Any) -> str:
        return text(f"erased_{key}", locale, params)

    begun, finished = (_moment(document[key]) for key in ("begun_at", "finished_at"))
    lines = [
        said("title"),
        "",
        said("city", title=city["title"], slug=city["slug"], hosts=", ".join(city["hosts"])),
        said("reason", reason=document["reason"]),
        said("asked_by", account=document["asked_by"]),
        said("time", begun=begun, finished=finished),
        "",
        said("what", rows=erased["rows"], files=erased["files"], bytes=erased["bytes"]),
        *(f"  {name:<{_WIDTH}} {number:>12}" for name, number in erased["tables"].items()),
        "",
        said("checked", tables=checked["tables"]),
        "",
        said("remains"),
        *(f"  - {each['why']}" for each in document["remains"]),
        "",
        f"SHA-256  {document['digest']}",
        f"HMAC     {document['signature']}",
    ]
    return "\n".join(lines) + "\n"


def _moment(iso: str) -> str:
    return f"{datetime.fromisoformat(iso):%d.%m.%Y %H:%M:%S} UTC"
