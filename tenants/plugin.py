"""What the control plane gives the platform: the operator's commands."""

from __future__ import annotations

import click

from leancity.core.cli.lazy import LazyGroup

_HERE = "leancity.tenants.commands"

CITY = {
    "certificate": f"{_HERE}.erase:certificate",
    "create": f"{_HERE}.city:create",
    "demo": f"{_HERE}.city:demo_cities",
    "erase": f"{_HERE}.erase:erase",
    "export": f"{_HERE}.archive:export_city",
    "health": f"{_HERE}.health:city_health",
    "import": f"{_HERE}.archive:import_city",
    "list": f"{_HERE}.city:list_cities",
    "organisation": f"{_HERE}.organisation:organisation",
    "profile": f"{_HERE}.profile:city_profile",
    "region": f"{_HERE}.city:city_region",
    "resume": f"{_HERE}.city:resume_city",
    "suspend": f"{_HERE}.city:suspend_city",
}
MODULE = {
    "leave": f"{_HERE}.module:leave_modules",
    "list": f"{_HERE}.module:list_modules",
    "subscribe": f"{_HERE}.module:subscribe_modules",
}
OPERATOR = {
    "create": f"{_HERE}.operator:create",
}
PLAN = {
    "drop": f"{_HERE}.plan:drop_plan",
    "list": f"{_HERE}.plan:list_plans",
    "save": f"{_HERE}.plan:save_plan",
    "set": f"{_HERE}.plan:set_plan",
}


def commands() -> list[click.Command]:
    """Return the commands of ``leancity``."""
    return [
        LazyGroup("city", CITY, help="Make cities, look after them, let them go."),
        LazyGroup("module", MODULE, help="Say which modules a city has."),
        LazyGroup("operator", OPERATOR, help="Make the operator's own place."),
        LazyGroup("plan", PLAN, help="Say what cities may take of the installation."),
    ]
