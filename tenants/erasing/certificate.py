"""The certificate of an erasure: a JSON document, its digest and this installation's signature.

``digest`` is SHA-256, in hex, over the document without ``digest`` and ``signature`` in its canonical form: JSON with
sorted keys, UTF-8, without blanks and without escapes that JSON does not ask for. ``signature`` is an HMAC over the
digest by a key that is derived from LEANCITY_SECRET_KEY: only this installation can make it, and only it can verify it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from leancity.core.i18n.catalogue import text
from leancity.core.identity.vault import signature
from leancity.tenants.erasing.journal import Journal

FORMAT = "leancity.erasure/1"
_PURPOSE = "erasure certificate"

Document: TypeAlias = dict[str, Any]


class Verdict(StrEnum):
    """What a certificate is worth."""

    GENUINE = "genuine"
    CHANGED = "changed"
    """Its digest is not that of what it says."""
    FOREIGN = "foreign"
    """It is whole, and was not signed by this installation."""


def certify(journal: Journal, finished_at: datetime, tables: int) -> Document:
    """Return the document of a finished erasure, after ``tables`` tables and the store were found empty."""
    rows = {name: number for name, number in sorted((journal.erased or {}).items()) if number}
    document: Document = {
        "format": FORMAT,
        "city": {"slug": journal.slug, "title": journal.title, "kind": journal.kind, "hosts": sorted(journal.hosts)},
        "reason": journal.reason,
        "asked_by": journal.asked_by,
        "begun_at": journal.begun_at,
        "finished_at": finished_at.isoformat(timespec="seconds"),
        "locale": journal.locale,
        "erased": {"rows": sum(rows.values()), "tables": rows, "files": journal.files, "bytes": journal.size},
        "checked": {"tables": tables, "rows_left": 0, "files_left": 0, "hosts_left": 0, "is_in_directory": False},
        "remains": [{"what": what, "why": _why(what, journal.locale)} for what in _remains(journal)],
    }
    document["digest"] = digest_of(document)
    document["signature"] = signature(_PURPOSE, document["digest"])
    return document


def digest_of(document: Mapping[str, Any]) -> str:
    """Return the digest of what a document says."""
    said = {key: value for key, value in document.items() if key not in ("digest", "signature")}
    canonical = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def verify(document: Mapping[str, Any]) -> Verdict:
    """Tell whether a document is a certificate of this installation, and says what it said when it was made."""
    digest = str(document.get("digest", ""))
    if document.get("format") != FORMAT or not hmac.compare_digest(digest.encode(), digest_of(document).encode()):
        return Verdict.CHANGED
    signed = str(document.get("signature", ""))
    if not hmac.compare_digest(signed.encode(), signature(_PURPOSE, digest).encode()):
        return Verdict.FOREIGN
    return Verdict.GENUINE


def _remains(journal: Journal) -> list[str]:
    """Return what the erasure does not reach, by the part of its text's key."""
    found = ["backups", "database_files", "certificate", "operator", "logs"]
    if journal.kind == "city":
        found.append("figures")
    if not journal.is_statistics_forgotten:
        found.append("statistics")
    return found


def _why(what: str, locale: str) -> str:
    return text(f"erased_remains_{what}", locale)
