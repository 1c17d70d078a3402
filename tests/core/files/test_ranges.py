"""Parts of a file: what is sent equals a slice of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leancity.core.files.ranges import Span, Unsatisfiable, span_of

CONTENT = bytes(range(256))
sizes = st.integers(0, 256)
places = st.integers(0, 300)


def part(header: str, content: bytes) -> bytes | None:
    """Return what is sent, None where nothing can be."""
    try:
        span = span_of(header, len(content))
    except Unsatisfiable:
        return None
    return content if span is None else content[span.start : span.start + span.length]


@given(sizes, places, places)
def test_from_a_place_to_another(size: int, first: int, last: int) -> None:
    content = CONTENT[:size]
    found = part(f"bytes={first}-{last}", content)
    if last < first:
        assert found == content, "no range at all"
    else:
        assert found == (content[first : last + 1] or None)


@given(sizes, places)
def test_from_a_place_to_the_end(size: int, first: int) -> None:
    assert part(f"bytes={first}-", CONTENT[:size]) == (CONTENT[:size][first:] or None)


@given(sizes, places)
def test_the_last_bytes(size: int, last: int) -> None:
    content = CONTENT[:size]
    assert part(f"bytes=-{last}", content) == (content[-last:] if last and size else None)


@given(st.text(max_size=40), sizes)
def test_what_is_no_range_is_the_whole_file(header: str, size: int) -> None:
    found = part(header, CONTENT[:size])
    assert found is None or found in CONTENT[:size]


@pytest.mark.parametrize("header", ["", "bytes=", "bytes=-", "bytes=0-1,3-4", "items=0-1", "bytes=a-b", "bytes=5-2"])
def test_several_ranges_and_nonsense_are_the_whole_file(header: str) -> None:
    assert span_of(header, 10) is None


def test_a_number_without_end_costs_nothing() -> None:
    assert span_of(f"bytes={'9' * 100_000}-", 10) is None
    assert span_of("Bytes= 0-999999999999999999", 10) == Span(start=0, length=10)
