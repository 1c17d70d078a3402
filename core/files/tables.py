"""What a city keeps of an uploaded file, and who has uploaded how much; the bytes lie in the store."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, DoublePrecision, Integer, Text, Timestamptz, Varchar

from leancity.core.db.tables import TenantRef, TenantTable
from leancity.core.identity.tables import UserAccount


class StoredFile(TenantTable):
    """``sha256`` and ``copy`` name the bytes in the store (``core.files.store``); rows with equal bytes share them.

    ``lat`` and ``lon`` are the photo's geotag (WGS 84 degrees), read before the metadata is stripped.
    """

    sha256 = Varchar(length=64)
    copy = Varchar(length=16, default="")
    name = Text()
    media_type = Text()
    size = BigInt()
    lat = DoublePrecision(null=True, default=None)
    lon = DoublePrecision(null=True, default=None)
    uploaded_by = TenantRef(UserAccount, null=True, on_delete="set null")
    uploaded_at = Timestamptz()
    # A stranger who uploads a photo for a report proves by this secret's digest that it is theirs.
    claim_key = Varchar(length=64, default="")
    # The signed upload that it came by: used a second time it leads to this row.
    upload_id = UUID(null=True, default=None)

    unique_keys = (("upload_id",),)
    index_keys = (("sha256",), ("size",), ("uploaded_at", "id"))


class UploadQuota(TenantTable):
    """How many uploads somebody began in the hour since ``hour``, and the bytes they sent in the day since ``day``.

    ``key`` is a fingerprint of an account or a network.
    """

    key = Varchar(length=64)
    hour = Timestamptz()
    uploads = Integer(default=0)
    day = Timestamptz()
    size = BigInt(default=0)

    passing = True
    unique_keys = (("key",),)
