"""What a client asked to be kept."""

from __future__ import annotations

from piccolo.columns import Text, Timestamptz

from leancity.core.db.tables import TenantTable


class ProbeRecord(TenantTable):
    """A note. No key makes it unique: a test is to see a note that was kept twice."""

    note = Text()
    recorded_at = Timestamptz()
