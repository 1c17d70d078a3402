"""Where the real data for tests lies: beside the checkout. Tests that use it skip and say so where it is missing."""

from __future__ import annotations

from pathlib import Path

DATA = Path(__file__).parents[2] / "shared" / "data"
MIWG = DATA / "bpmn-miwg"
"""Reference files of the BPMN interchange group."""
MYLA311 = DATA / "myla311" / "requests-2020.csv.gz"
"""Requests to a large city's service centre."""
CALENDARS = DATA / "calendar"
"""Production calendars as they were published."""
