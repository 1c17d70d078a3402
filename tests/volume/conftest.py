"""Fixtures of other rooms that volumes need too."""

from __future__ import annotations

from tests.tenants.archive.elsewhere import elsewhere as elsewhere
from tests.tenants.archive.elsewhere import migrated as migrated
