"""What a city keeps of an uploaded file; the bytes lie in the store under ``sha256``."""

from __future__ import annotations

from piccolo.columns import BigInt, DoublePrecision, Text, Timestamptz, Varchar

from leancity.core.db.tables import TenantRef, TenantTable
from leancity.core.identity.tables import UserAccount


class StoredFile(TenantTable):
    """``lat`` and ``lon`` are the photo's geotag (WGS 84 degrees), read before the metadata is stripped."""

    sha256 = Varchar(length=64)
    name = Text()
    media_type = Text()
    size = BigInt()
    lat = DoublePrecision(null=True, default=None)
    lon = DoublePrecision(null=True, default=None)
    uploaded_by = TenantRef(UserAccount, null=True, on_delete="set null")
    uploaded_at = Timestamptz()
    # A stranger who uploads a photo for a report proves by this secret's digest that it is theirs.
    claim_key = Varchar(length=64, default="")
