"""The command ``leancity``."""

from leancity.core.cli.main import main

__all__ = ["main"]
