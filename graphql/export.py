"""Schemas as texts, every module on: ``graphql/schema.graphql`` and the like, which clients are generated from."""

from __future__ import annotations

from graphql import lexicographic_sort_schema, print_schema

from leancity.core.plugins.manager import Modules
from leancity.core.tenancy.limits import TenantKind
from leancity.graphql.check import check_contributions
from leancity.graphql.schema import build_schema


def schema_text(modules: Modules, kind: TenantKind = TenantKind.CITY) -> str:
    """Return the sorted SDL of all of ``modules`` that serve a kind of tenant; the same text for the same modules."""
    check_contributions(modules)
    schema = build_schema(modules, modules.serving(kind))
    return print_schema(lexicographic_sort_schema(schema._schema)) + "\n"
