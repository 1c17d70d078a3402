"""What the control plane gives the platform: the operator's commands."""

from __future__ import annotations

import click

from leancity.core.cli.lazy import LazyGroup

_HERE = "leancity.tenants.commands"

CITY = {
    "create": f"{_HERE}.city:create",
    "demo": f"{_HERE}.city:demo_cities",
    "list": f"{_HERE}.city:list_cities",
    "region": f"{_HERE}.city:city_region",
    "resume": f"{_HERE}.city:resume_city",
    "suspend": f"{_HERE}.city:suspend_city",
}
MODULE = {
    "leave": f"{_HERE}.module:leave_modules",
    "list": f"{_HERE}.module:list_modules",
    "subscribe": f"{_HERE}.module:subscribe_modules",
}


def commands() -> list[click.Command]:
    """Return the commands of ``leancity``."""
    return [
        LazyGroup("city", CITY, help="Make cities, look after them, let them go."),
        LazyGroup("module", MODULE, help="Say which modules a city has."),
    ]
