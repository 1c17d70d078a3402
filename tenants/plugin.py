"""What the control plane gives the platform: the operator's commands."""

from __future__ import annotations

import click

from leancity.tenants.commands import city


def commands() -> list[click.Command]:
    """Return the commands of ``leancity``."""
    return [city]
