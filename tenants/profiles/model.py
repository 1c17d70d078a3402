"""A profile as its file holds it: bodies and customisation by natural keys, no ids and no people."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from leancity.core.identity.units import LegalForm, UnitKind
from leancity.core.tenancy.limits import TenantKind


class ProfileUnit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A body, department or subordinate organisation. ``parent`` is the key of one that stands before it."""

    key: str
    title: str
    kind: UnitKind = UnitKind.BODY
    legal_form: LegalForm | None = None
    parent: str = ""


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a tenant of this profile is.

    ``title``, ``zone`` and ``locale`` are its own where nobody names others; ``customs`` are collection to key to the
    values that the profile sets (``core.customs``). ``source`` tells where its bodies stand written.
    """

    name: str
    title: str
    zone: str
    source: str
    locale: str = "ru"
    kind: TenantKind = TenantKind.CITY
    modules: tuple[str, ...] = ()
    units: tuple[ProfileUnit, ...] = ()
    customs: dict[str, dict[str, dict[str, Any]]] = {}

    @property
    def digest(self) -> str:
        """SHA-256 of the whole, in hex: two profiles with one are the same."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()
