"""What the operator keeps: plans, cities that are being taken on, certificates of those that were erased."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, Boolean, Text, Timestamptz

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

    ``state`` is draft, running, done, failed or dropped. ``card`` is what is known of the city
    (``tenants.operator.card``), ``understood`` what its organisation file was understood as, with its problems; both
    are emptied of people once the city stands. ``steps`` names those that are done.
    """

    slug = Text()
    state = Text(default="draft")
    card = JSONB(default="{}")
    file_id = TenantRef(StoredFile, null=True, on_delete="set null")
    understood = JSONB(default="{}")
    steps = JSONB(default="[]")
    error = Text(default="")
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
