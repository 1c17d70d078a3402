"""To whom reports are forwarded, and what became of each."""

from __future__ import annotations

from piccolo.columns import JSONB, Boolean, Integer, Text, Timestamptz

from leancity.core.cases.tables import CaseRecord
from leancity.core.db.tables import TenantRef, TenantTable


class CityProblemsEndpoint(TenantTable):
    """Another body's Open311 endpoint, ``url`` being what ``/requests.json`` is put behind.

    ``services`` tells which of its service codes a category of ours is, ``{"pothole": "001"}``; ``service_code`` is the
    one for all others, "" for none. ``failure`` is why it could not be reached last, "" when it could.
    """

    key = Text()
    title = Text()
    url = Text()
    jurisdiction = Text(default="")
    api_key = Text(default="", secret=True)  # sealed by core.identity.vault
    service_code = Text(default="")
    services = JSONB(default="{}")
    is_active = Boolean(default=True)
    checked_at = Timestamptz(null=True, default=None)
    failure = Text(default="")

    sealed = ("api_key",)
    unique_keys = (("key",),)


class CityProblemsForwarding(TenantTable):
    """A report on its way to another body, or there.

    ``state`` is sending, waiting (they gave a ``token``, no number yet), there, refused or recalled. ``remote_id`` is
    their number of it; ``status`` (open, closed), ``status_notes`` and ``updated_at`` are what they last said of it;
    ``failure`` is why an attempt failed.
    """

    case_id = TenantRef(CaseRecord, on_delete="cascade")
    endpoint_id = TenantRef(CityProblemsEndpoint, on_delete="restrict")
    service_code = Text()
    state = Text(default="sending")
    token = Text(default="")
    remote_id = Text(default="")
    status = Text(default="")
    status_notes = Text(default="")
    updated_at = Timestamptz(null=True, default=None)
    asked_at = Timestamptz()
    sent_at = Timestamptz(null=True, default=None)
    checked_at = Timestamptz(null=True, default=None)
    attempts = Integer(default=0)
    failure = Text(default="")
    seen = JSONB(default="[]")

    index_keys = (("case_id", "asked_at"), ("endpoint_id", "state", "checked_at"))
