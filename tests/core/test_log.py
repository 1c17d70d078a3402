"""Log lines: what a library logs has the form of ours, and no traceback shows the values of variables."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROGRAM = """
import logging, sys
from leancity.core.log import configure
import structlog

def connect(password):
    raise ConnectionRefusedError(password[:0])

configure(sys.argv[1])
for log in (logging.getLogger("asyncpg.pool"), structlog.get_logger()):
    try:
        connect("hunter" + "2")
    except OSError as error:
        log.error("no connection", exc_info=error)
"""


def logged(form: str) -> list[str]:
    command = [sys.executable, "-c", PROGRAM, form]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stderr.splitlines()


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_traceback_names_the_error_and_no_values(form: str) -> None:
    text = "\n".join(logged(form))
    assert text.count("no connection") == text.count("ConnectionRefusedError") - text.count("raise ConnectionRef") == 2
    assert "hunter2" not in text


def test_lines_of_libraries_are_json_too() -> None:
    lines = [json.loads(line) for line in logged("json")]
    assert [line["event"] for line in lines] == ["no connection", "no connection"]
    assert all("Traceback" in line["exception"] for line in lines)
