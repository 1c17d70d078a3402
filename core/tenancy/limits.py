"""What kinds of tenant there are, and how much one may take of the installation."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class TenantKind(StrEnum):
    """A city; a region, which gives its cities defaults and receives what they publish; the operator's own place."""

    CITY = "city"
    REGION = "region"
    OPERATOR = "operator"


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a plan allows; None for as much as there is.

    ``people``: active accounts of the staff. ``storage``: bytes of files. ``modules``: how many of them.
    """

    people: int | None = None
    storage: int | None = None
    modules: int | None = None
