"""The audit log."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, Text, Timestamptz

from leancity.core.db.tables import TenantTable


class AuditRow(TenantTable, tablename="audit_event"):
    """``action`` is ``<module>.<resource>.<past-tense verb>``; ``data`` holds references, never personal values."""

    at = Timestamptz()
    actor_id = UUID(null=True, default=None)
    action = Text()
    subject = Text(default="")
    subject_id = UUID(null=True, default=None)
    request_id = Text(default="")
    data = JSONB(default="{}")

    append_only = True
    index_keys = (("subject_id", "at"), ("at", "id"))
