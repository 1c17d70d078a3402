"""Installations of one test each, and the seed that repeats a run."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator

import pytest

from tests.faults.parties import open_parties
from tests.faults.town import Town, running_town

collect_ignore = ["leancity_probe"]


@pytest.fixture
def town() -> Iterator[Town]:
    """A fresh installation, as it ships: durable, four worker threads."""
    with open_parties() as parties, running_town(parties) as running:
        yield running


@pytest.fixture
def seed() -> int:
    """What chance is made of. It stands in the output of a failed run; LEANCITY_FAULTS_SEED repeats that one."""
    chosen = int(os.environ.get("LEANCITY_FAULTS_SEED") or secrets.randbits(32))
    sys.stdout.write(f"LEANCITY_FAULTS_SEED={chosen}\n")
    return chosen
