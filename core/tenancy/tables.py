"""The directory: what must be found before a city is known. No row-level security, no personal data."""

from __future__ import annotations

from piccolo.columns import UUID, Boolean, Integer, Serial, Text, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from leancity.core.db.tables import NewId


class TenantRow(Table, tablename="tenant"):
    """A city. Its ``id`` is never exported."""

    id: Serial
    slug = Varchar(length=63, unique=True)
    title = Text()
    zone = Text(default="UTC")
    locale = Text(default="ru")
    is_suspended = Boolean(default=False)


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
    """Work that waits for its moment: routing only, the work itself is a row of the city (``core.jobs``)."""

    id = UUID(primary_key=True, default=NewId())
    tenant_id = Integer(default=None)
    kind = Text()
    run_at = Timestamptz(index=True)
    lease_until = Timestamptz(null=True, default=None)
