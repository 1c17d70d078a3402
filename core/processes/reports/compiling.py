"""Sets one report in a process of its own: ``python -m leancity.core.processes.reports.compiling``, JSON in, PDF out.

It sees the template's folder and nothing else: no environment, no fonts and no packages of the machine.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from typing import Literal

import typst

TEMPLATE = Path(__file__).parent / "report.typ"
CPU_S = 30
MEMORY = 2 * 1024 * 1024 * 1024
"""Address space, most of it never used: the compiler reserves much for its threads."""


def compiled(document: str, form: Literal["pdf", "png"] = "pdf") -> bytes:
    """Return a document (JSON of ``document.document``) set by the template; of PNG the first page."""
    pages = typst.compile(
        TEMPLATE,
        root=TEMPLATE.parent,
        format=form,
        sys_inputs={"data": document},
        ignore_system_fonts=True,
        package_path=TEMPLATE.parent,
        package_cache_path=TEMPLATE.parent,
    )
    return pages[0] if isinstance(pages, list) else pages


def main() -> None:
    """Set the document on standard input."""
    document = sys.stdin.buffer.read().decode()
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.buffer.write(compiled(document))


if __name__ == "__main__":
    main()
