"""``LEANCITY_FILES``: a folder or a bucket, and a doctor who tries it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from leancity.core.config import load
from leancity.core.errors import StartupError
from leancity.core.testing.platform import Platform


@pytest.mark.parametrize("wrong", ["gs://bucket", "s3://", "s3:///prefix", "https://bucket"])
def test_what_is_neither_stops_the_start_with_its_name(wrong: str) -> None:
    with pytest.raises(StartupError, match="LEANCITY_FILES: must be a folder or s3://bucket/prefix"):
        load({"LEANCITY_FILES": wrong})
    for right in ("/srv/files", "files", "s3://bucket", "s3://bucket/a/b"):
        assert load({"LEANCITY_FILES": right}).files == right


def test_the_doctor_tries_the_store(platform: Platform, tmp_path: Path) -> None:
    for folder, is_well in ((tmp_path / "files", True), (tmp_path / "a file" / "files", False)):
        (tmp_path / "a file").write_text("in the way")
        there = replace(platform, environment={**platform.environment, "LEANCITY_FILES": str(folder)})
        said = there.command("doctor", check=False).stdout
        [line] = [each for each in said.splitlines() if "files are kept" in each]
        assert line.startswith("ok" if is_well else "BAD") and str(folder) in line
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []
