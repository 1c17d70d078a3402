"""What the operator keeps: plans, cities that are being taken on, certificates of those that were erased."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, Boolean, Integer, Text, Timestamptz

from leancity.core.db.tables import TenantRef, TenantTable
from leancity.core.files.tables import StoredFile


class OperatorPlan(TenantTable):
    """A plan that cities are on. ``limits`` is ``core.tenancy.limits.Limits`` as JSON; ``title`` in every language."""

    key = Text()
    title = JSONB(default="{}")
    limits = JSONB(default="{}")
    is_offered = Boolean(default=True)

    unique_keys = (("key",),)


class OperatorOnboarding(TenantTable):
    """A city that is being taken on, from the first words about it until it stands.

    ``state`` is draft, running, done, failed or dropped. ``card`` is ``tenants.onboarding.card.Card`` as JSON,
    ``understood`` the ``Organisation`` that its file was understood as, its numbers beside it; once the city stands,
    file and what was read of it ("{}" then) go. ``steps`` are those that are done, ``problems`` what it failed of.
    """

    slug = Text()
    state = Text(default="draft")
    card = JSONB(default="{}")
    file_id = TenantRef(StoredFile, null=True, on_delete="set null")
    understood = JSONB(default="{}")
    units = Integer(default=0)
    people = Integer(default=0)
    errors = Integer(default=0)
    warnings = Integer(default=0)
    steps = JSONB(default="[]")
    problems = JSONB(default="[]")
    begun_by = UUID(null=True, default=None)
    begun_at = Timestamptz()
    changed_at = Timestamptz()
    finished_at = Timestamptz(null=True, default=None)

    index_keys = (("begun_at", "id"), ("slug",))


class OperatorCertificate(TenantTable):
    """The certificate of a city's erasure: the document as JSON and its SHA-256. It names nobody of the city."""

    slug = Text()
    title = Text()
    digest = Text()
    document = JSONB(default="{}")
    erased_at = Timestamptz()

    index_keys = (("erased_at", "id"),)
