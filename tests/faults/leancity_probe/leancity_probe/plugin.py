"""The module's table of contents."""

from __future__ import annotations

from collections.abc import Iterable

from leancity.core.plugins.contributions import GraphQLTypes, Job, Manifest
from leancity.core.plugins.hooks import hookimpl
from leancity_probe import schema, service


@hookimpl
def register_module() -> Manifest:
    return Manifest(
        name="probe",
        title={"en": "Probe", "ru": "Проба"},
        summary={"en": "Counts what is delivered", "ru": "Считает доставленное"},
        kind="module",
        version="1.0.0",
    )


@hookimpl
def register_tables() -> str:
    return "leancity_probe.piccolo_app"


@hookimpl
def register_graphql() -> GraphQLTypes:
    return GraphQLTypes(mutation=schema.ProbeMutation)


@hookimpl
def register_jobs() -> Iterable[Job]:
    return service.JOBS
