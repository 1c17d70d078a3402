"""The type by content alone, and what is refused of it."""

from __future__ import annotations

import io
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leancity.core.errors import Refused
from leancity.core.files.examine import Examined, examine
from leancity.core.files.kinds import KNOWN, STRANGERS, Allowance
from tests.core.files.made import GOOD, NASTY, pdf, with_words


def examined(content: bytes, allowance: Allowance = KNOWN) -> Examined:
    return examine(io.BytesIO(content), len(content), "", allowance)


@pytest.mark.parametrize("name", GOOD)
def test_what_is_taken_is_told_by_its_content(name: str) -> None:
    content, media_type, extension = GOOD[name]
    found = examined(content)
    assert (found.kind.media_type, found.kind.extensions[0]) == (media_type, extension)
    found.file.seek(0)
    assert found.kind.family == "image" or found.file.read() == content, "a document is kept as it came"


@pytest.mark.parametrize("name", NASTY)
def test_what_is_not_taken_is_refused_by_its_code(name: str) -> None:
    content, code = NASTY[name]
    with pytest.raises(Refused) as refused:
        examined(content)
    [problem] = refused.value.problems
    assert (problem.field, problem.code) == ("file", code)


def test_strangers_send_pictures_only() -> None:
    assert examined(with_words("x"), STRANGERS).kind.family == "image"
    with pytest.raises(Refused, match="file: file_type") as refused:
        examined(pdf(), STRANGERS)
    assert refused.value.problems[0].params["taken"] == "JPEG, PNG, WebP, HEIC"


def test_a_picture_over_its_own_limit_is_refused() -> None:
    content, _, _ = GOOD["jpeg"]
    with pytest.raises(Refused, match="file: file_too_large"):
        examine(io.BytesIO(content), 13 * 1024 * 1024, "", KNOWN)


@pytest.mark.parametrize("name", [name for name, (_, media_type, _) in GOOD.items() if "officedocument" in media_type])
def test_a_document_cut_anywhere_is_refused_in_words(name: str) -> None:
    content, _, _ = GOOD[name]
    for end in range(4, len(content), 7):
        with pytest.raises(Refused):
            examined(content[:end])


@pytest.mark.parametrize("name", GOOD)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_whatever_bytes_are_wrong_nothing_unforeseen_happens(name: str, data: st.DataObject) -> None:
    content = bytearray(GOOD[name][0])
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Refused):
        assert examined(bytes(content)).size > 0
