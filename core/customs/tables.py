"""What a city has customised, and every change of it."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, Text, Timestamptz

from leancity.core.db.tables import TenantTable


class CustomItem(TenantTable):
    """What a city has set of one item of a collection (``core.customs``), and what its region handed down of it.

    Both are JSON objects of the fields that differ from what lies below; "{}" where none does. ``key`` is the item's
    natural key, "" in a collection of one.
    """

    collection = Text()
    key = Text(default="")
    changed = JSONB(default="{}")
    handed_down = JSONB(default="{}")

    unique_keys = (("collection", "key"),)


class CustomChange(TenantTable):
    """One change of an item; ``before`` and ``after`` are JSON as the collection writes it, null where there was none.

    ``source``: "" for a person's, ``profile:<name>``, ``region`` or ``undo``; ``undoes_id`` is the change that it takes
    back.
    """

    at = Timestamptz()
    collection = Text()
    key = Text(default="")
    before = JSONB(null=True, default=None)
    after = JSONB(null=True, default=None)
    source = Text(default="")
    actor_id = UUID(null=True, default=None)
    undoes_id = UUID(null=True, default=None)

    append_only = True
    index_keys = (("collection", "key", "at", "id"), ("at", "id"))
