"""The named list of tables without row-level security, and what the application may do with each.

A test compares it with the catalogue: a table that is neither a tenant table nor named here fails.
"""

from __future__ import annotations

DIRECTORY: dict[str, frozenset[str]] = {
    "tenant": frozenset({"select", "insert", "update"}),
    "tenant_id_seq": frozenset({"usage"}),
    "tenant_host": frozenset({"select", "insert", "delete"}),
    "subscription": frozenset({"select", "insert", "delete"}),
    "session_key": frozenset({"select", "insert", "delete"}),
    "due": frozenset({"select", "insert", "update", "delete"}),
    "announcement": frozenset({"select", "insert", "delete"}),
    "catalogue_package": frozenset({"select", "insert", "update"}),
    "migration": frozenset(),
}
