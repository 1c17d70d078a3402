"""What a city has taken over from the catalogue of practices (``core.tenancy.tables.CataloguePackage``)."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, Integer, Text, Timestamptz

from leancity.core.db.tables import TenantRef, TenantTable
from leancity.core.identity.tables import UserAccount
from leancity.core.processes.versions.tables import Process


class PackageAdoption(TenantTable):
    """A practice of another city, here. ``content`` is the package as it was taken: the base of a three-way upgrade.

    ``package_key``, ``package_no`` and ``giver`` (the city's slug, or what the file says) name it; ``bindings`` says
    what its roles, units and calendars are here. ``state``: binding until every name is bound, then adopted, withdrawn
    when the city gave it up. ``version_id`` is the version that the package became; ``baseline`` what the process took
    here before, as figures with their number of cases.
    """

    package_key = Text()
    package_no = Integer()
    giver = Text()
    checksum = Text()
    content = Text()
    bindings = JSONB(default="{}")
    baseline = JSONB(default="{}")
    state = Text(default="binding")
    process_id = TenantRef(Process, null=True, on_delete="cascade")
    version_id = UUID(null=True, default=None)
    author_id = TenantRef(UserAccount, null=True, on_delete="set null")
    begun_at = Timestamptz()
    adopted_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)

    index_keys = (("begun_at", "id"), ("package_key", "begun_at", "id"))
