"""The outbox."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, Boolean, Integer, Text, Timestamptz

from leancity.core.db.tables import TenantTable


class JobRow(TenantTable, tablename="job"):
    """A piece of work; attempts (that failed) and the next run are columns, never Redis's.

    ``state`` is waiting, done, dead (it failed for good; an operator looks at it), or discarded (by an operator).

    ``key``: asking once more with the same one asks for nothing. ``is_uncertain``: an attempt was cut off and may have
    reached a receiver that can't tell a second one. ``trace`` is the W3C traceparent of what asked for it.
    """

    name = Text()
    payload = JSONB(default="{}")
    state = Text(default="waiting")
    queue = Text(default="default")
    order_key = UUID(null=True, default=None)
    key = Text(null=True, default=None)
    attempts = Integer(default=0)
    run_at = Timestamptz()
    created_at = Timestamptz()
    finished_at = Timestamptz(null=True, default=None)
    last_error = Text(default="")
    is_uncertain = Boolean(default=False)
    trace = Text(default="")

    unique_keys = (("key",),)
    index_keys = (("state", "run_at"), ("state", "finished_at"))
