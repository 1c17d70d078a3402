"""What an application has beyond its case: where and when is dug, who has to agree, who has agreed."""

from __future__ import annotations

from piccolo.columns import JSONB, Boolean, Date, DoublePrecision, Integer, Text, Timestamptz

from leancity.core.cases.tables import CaseRecord
from leancity.core.db.tables import TenantRef, TenantTable
from leancity.core.identity.tables import OrgUnit, UserAccount


class EarthworksBody(TenantTable):
    """A body that has to agree, the city's own data.

    ``title`` is ``{"ru": …, "en": …}``; officers of ``unit_id`` answer for it, any officer where it is None.
    """

    key = Text()
    title = JSONB(default="{}")
    unit_id = TenantRef(OrgUnit, null=True, on_delete="set null")
    is_active = Boolean(default=True)

    unique_keys = (("key",),)


class EarthworksPermit(TenantTable):
    """Where and when. ``lat``/``lon`` in degrees of WGS 84, the days are the city's own.

    The purpose, the status and the times are the case's; a permit is a case that ended with ``issued``. ``applicant_*``
    are personal data: read with a record, removed when the person is forgotten.
    """

    case_id = TenantRef(CaseRecord, on_delete="cascade")
    address = Text()
    lat = DoublePrecision()
    lon = DoublePrecision()
    digs_from = Date(default=None)
    digs_until = Date(default=None)
    restored_by = Date(default=None)
    applicant_name = Text(default="")
    applicant_phone = Text(default="")

    unique_keys = (("case_id",),)
    index_keys = (("restored_by",),)


class EarthworksApproval(TenantTable):
    """A body's answer about an application: ``answer`` is waiting, approved or refused."""

    case_id = TenantRef(CaseRecord, on_delete="cascade")
    body_id = TenantRef(EarthworksBody)
    answer = Text(default="waiting")
    reason = Text(default="")
    asked_at = Timestamptz()
    answer_by = Timestamptz()
    answered_at = Timestamptz(null=True, default=None)
    officer_id = TenantRef(UserAccount, null=True, on_delete="set null")
    reminders = Integer(default=0)

    unique_keys = (("case_id", "body_id"),)
    index_keys = (("answer", "answer_by"),)
