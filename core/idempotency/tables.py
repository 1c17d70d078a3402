"""Which requests have been done."""

from __future__ import annotations

from piccolo.columns import Text, Timestamptz, Varchar

from leancity.core.db.tables import TenantRef, TenantTable
from leancity.core.identity.tables import UserAccount


class RequestKey(TenantTable):
    """A request that has changed something, kept for a day and a night (``core.jobs.retention``).

    ``key`` is a keyed digest of who asked and of the key they gave; ``fingerprint`` the SHA-256 of what they asked for.
    ``answer`` is sealed; "" while it is being made, where the process died before it was kept, and where it set a
    cookie, which is told once.
    """

    key = Varchar(length=64)
    fingerprint = Varchar(length=64)
    user_id = TenantRef(UserAccount, null=True, on_delete="cascade")
    answer = Text(default="")
    at = Timestamptz()

    passing = True
    unique_keys = (("key",),)
    index_keys = (("at",),)
