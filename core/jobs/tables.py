"""The outbox."""

from __future__ import annotations

from piccolo.columns import JSONB, Integer, Text, Timestamptz

from leancity.core.db.tables import TenantTable


class JobRow(TenantTable, tablename="job"):
    """A piece of work. ``state`` is waiting, done or dead; attempts and the next run are columns, never Redis's."""

    name = Text()
    payload = JSONB(default="{}")
    state = Text(default="waiting")
    attempts = Integer(default=0)
    run_at = Timestamptz()
    created_at = Timestamptz()
    finished_at = Timestamptz(null=True, default=None)
    last_error = Text(default="")

    index_keys = (("state", "run_at"),)
