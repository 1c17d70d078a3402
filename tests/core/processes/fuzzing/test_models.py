"""Any model is refused in words or runs: no crash, no hang, no state that is not read again, no case that is stuck."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.core.processes.fuzzing.models import models
from tests.core.processes.fuzzing.walking import walk

choices = st.lists(st.integers(0, 59), min_size=25, max_size=25)
calm = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))


@settings(calm, max_examples=15)
@given(models(is_odd=False), choices)
def test_a_well_formed_model_runs(data: bytes, some: list[int]) -> None:
    found = walk(data, some)
    assert found.steps or found.is_finished or found.refused


@settings(calm, max_examples=20)
@given(models(is_odd=True), choices)
def test_a_broken_model_is_refused_in_words_or_runs(data: bytes, some: list[int]) -> None:
    walk(data, some)


@pytest.mark.long
@settings(calm, max_examples=3_000, derandomize=False, print_blob=True)
@given(models(), choices)
def test_many_models(data: bytes, some: list[int]) -> None:
    walk(data, some)
