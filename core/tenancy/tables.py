"""The directory: what must be found before a city is known. No row-level security, no personal data."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, Boolean, Integer, Serial, Text, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from leancity.core.db.tables import NewId


class TenantRow(Table, tablename="tenant"):
    """A city, a region, or the operator's own place (``kind``: ``core.tenancy.limits``). Its ``id`` is never exported.

    ``region_id`` is the region that a city gets its defaults from. ``phase``: importing or erasing while that is under
    way, "" else. ``revision`` grows with each change of what the city has customised. ``plan`` is the key of the
    operator's plan that ``limits`` were copied from, as JSON. ``made_by`` is the onboarding (or archive) that made
    it, which so knows its own when it was cut off.
    """

    id: Serial
    slug = Varchar(length=63, unique=True)
    title = Text()
    zone = Text(default="UTC")
    locale = Text(default="ru")
    is_suspended = Boolean(default=False)
    region_id = Integer(null=True, default=None)
    kind = Text(default="city")
    phase = Text(default="")
    revision = Integer(default=0)
    plan = Text(default="")
    limits = JSONB(default="{}")
    created_at = Timestamptz(null=True, default=None)
    made_by = UUID(null=True, default=None)


class TenantHost(Table):
    """Host name, lower case and without a port, to city."""

    host = Varchar(length=253, primary_key=True)
    tenant_id = Integer(default=None)


class Subscription(Table):
    """A module that a city has. The row's absence closes every door of the module."""

    id = UUID(primary_key=True, default=NewId())
    tenant_id = Integer(default=None)
    module = Text()
    since = Timestamptz()

    once = Unique(["tenant_id", "module"])


class SessionKey(Table):
    """SHA-256 of a session's or an API token's secret, to the city it opens."""

    key = Varchar(length=64, primary_key=True)
    tenant_id = Integer(default=None)


class Due(Table):
    """Work that waits for its moment: routing only, the work itself is a row of the city (``core.jobs``).

    ``kind`` is job, or dead for one that an operator has to look at. ``queue`` is one of ``core.jobs.queues``. Of rows
    with one ``order_key`` only the eldest is worked on. ``lease_until``: somebody was hinted; ``held_until``: a worker
    is at it, renewed while it lives. ``begun`` counts the starts of which no outcome was recorded.
    """

    id = UUID(primary_key=True, default=NewId())
    tenant_id = Integer(default=None)
    kind = Text()
    queue = Text(default="default")
    order_key = UUID(null=True, default=None)
    run_at = Timestamptz(index=True)
    lease_until = Timestamptz(null=True, default=None)
    held_until = Timestamptz(null=True, default=None)
    begun = Integer(default=0)


class Announcement(Table):
    """Something of a city has changed: committed with the change, told to subscribers by the relay, then removed.

    It names what to read anew, never what it says: a topic and the id of its subject.
    """

    id = UUID(primary_key=True, default=NewId())
    tenant_id = Integer(default=None)
    topic = Text()
    subject_id = UUID(default=None)
    version = Integer(default=0)


class CataloguePackage(Table):
    """A practice that a city offers to all others: a process as a package, without ids and without personal data.

    ``tenant_id`` is the giving city, in whose name only it is changed. ``key`` and ``no`` name the package; ``content``
    is the signed file, byte for byte, its ``checksum`` SHA-256. ``summary`` is JSON for the list: titles, tags, the
    effect that was measured. ``withdrawn_at``: not offered any more; who took it keeps it.
    """

    id = UUID(primary_key=True, default=NewId())
    tenant_id = Integer(default=None)
    key = Text()
    no = Integer()
    title = Text()
    summary = JSONB(default="{}")
    content = Text()
    checksum = Varchar(length=64)
    published_at = Timestamptz(index=True)
    withdrawn_at = Timestamptz(null=True, default=None)

    package_numbered = Unique(["key", "no"])
