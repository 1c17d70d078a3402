"""A report as PDF. A template that fails is our fault: it fails that one report, with a code, and is logged."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import structlog

from leancity.core.errors import refuse

WALL_S = 120
"""A busy machine may take long to give a process the seconds of processor time it is allowed."""
TOLD = 2_000
"""Characters of the compiler's message that are logged: it quotes the template, never the data."""

log = structlog.get_logger()


def pdf_of(document: dict[str, Any]) -> bytes:
    """Return the PDF of a document. It blocks for up to some seconds: call it in a thread.

    Refuses with ``owner_report_slow`` or ``owner_report_template``.
    """
    asked = json.dumps(document, ensure_ascii=False).encode()
    command = [sys.executable, "-m", "leancity.core.processes.reports.compiling"]
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            command, input=asked, capture_output=True, timeout=WALL_S, env={}, cwd="/", check=False
        )
    except subprocess.TimeoutExpired as late:
        raise refuse("owner_report_slow") from late
    if done.returncode < 0:
        raise refuse("owner_report_slow")
    if done.returncode or not done.stdout.startswith(b"%PDF-"):
        log.error("report not set", template_error=done.stderr.decode(errors="replace")[-TOLD:])
        raise refuse("owner_report_template")
    return done.stdout
