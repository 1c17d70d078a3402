"""What a city remembers of its imports."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, BigInt, Text, Timestamptz

from leancity.core.db.tables import TenantTable


class ImportProfile(TenantTable):
    """A mapping kept under a name for the next file of the same system. ``mapping`` is ``mapping.Mapping`` as JSON."""

    target = Text()
    name = Text()
    mapping = JSONB(default="{}")
    saved_at = Timestamptz()

    unique_keys = (("target", "name"),)


class ImportRun(TenantTable):
    """One file read by one mapping from one system.

    ``fingerprint`` is the digest of all three: the same file under a mended mapping is another run. ``line_done`` is
    the file's last line that is committed; ``total`` and the other counts are of rows; ``known`` ones were in the city
    already. ``state`` is started or finished.
    """

    target = Text()
    source = Text()
    file_name = Text()
    file_digest = Text()
    mapping = JSONB(default="{}")
    fingerprint = Text()
    state = Text(default="started")
    total = BigInt()
    line_done = BigInt(default=0)
    written = BigInt(default=0)
    known = BigInt(default=0)
    bad = BigInt(default=0)
    actor_id = UUID(null=True, default=None)
    started_at = Timestamptz()
    finished_at = Timestamptz(null=True, default=None)

    unique_keys = (("fingerprint",),)
    index_keys = (("started_at", "id"),)
