"""Cursors: read back as they were, refused when they are another list's or nobody's."""

from __future__ import annotations

import base64
import json
import uuid
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leancity.core.errors import Refused
from leancity.graphql.api.cursor import decode_cursor, encode_cursor

TYPES = (datetime, uuid.UUID, str, int, date)
ROW = (datetime(2026, 11, 22, 1, 2, 3, 456789, UTC), uuid.UUID(int=7), "яма", 2**62, date(2026, 1, 31))


def forged(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def test_a_cursor_reads_back() -> None:
    assert decode_cursor(encode_cursor("a.list", ROW), "a.list", TYPES) == ROW


def test_a_cursor_is_the_same_wherever_the_moment_is_told() -> None:
    there = (ROW[0].astimezone(timezone(timedelta(hours=11))),)
    assert encode_cursor("a", there) == encode_cursor("a", ROW[:1])


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), st.integers(-(2**63), 2**63 - 1))
def test_any_text_and_number_read_back(text: str, number: int) -> None:
    assert decode_cursor(encode_cursor("a", (text, number)), "a", (str, int)) == (text, number)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "!",
        "я",
        "bm9uc2Vuc2U",
        encode_cursor("another.list", ROW),
        encode_cursor("a.list", ROW[:4]),
        encode_cursor("a.list", (*ROW, 1)),
        forged(),
        forged("a.list", 1, *["x"] * 4),
        forged("a.list", "2026-11-22T00:00:00", str(ROW[1]), "x", 1, "2026-01-31"),
        forged("a.list", "2026-11-22T00:00:00Z", "no uuid", "x", 1, "2026-01-31"),
        forged("a.list", "2026-11-22T00:00:00Z", str(ROW[1]), "x\0", 1, "2026-01-31"),
        forged("a.list", "2026-11-22T00:00:00Z", str(ROW[1]), "\ud800", 1, "2026-01-31"),
        forged("a.list", "2026-11-22T00:00:00Z", str(ROW[1]), "x", 2**63, "2026-01-31"),
        forged("a.list", "2026-11-22T00:00:00Z", str(ROW[1]), "x", True, "2026-01-31"),
        forged("a.list", "0001-01-01T00:00:00+23:00", str(ROW[1]), "x", 1, "2026-01-31"),
        base64.urlsafe_b64encode(b"[" * 100_000).decode().rstrip("="),
    ],
)
def test_what_the_list_has_not_given_out_is_refused(cursor: str) -> None:
    with pytest.raises(Refused) as refusal:
        decode_cursor(cursor, "a.list", TYPES)
    assert [(problem.code, problem.field) for problem in refusal.value.problems] == [("cursor_invalid", "after")]


@given(st.text())
def test_no_text_gets_past(text: str) -> None:
    with pytest.raises(Refused):
        decode_cursor(text, "a.list", TYPES)
