"""Reads stored states as another process of the platform would: ``python -m tests.core.processes.fuzzing.reloading``.

JSON in: ``[[executable, process element, names, state], …]``; JSON out: what each waits for.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta

from leancity.core.processes.engine import step
from leancity.core.processes.engine.compile import compile_process
from leancity.core.processes.engine.safe_engine import Functions

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""Then no timer is due."""
FUNCTIONS: Functions = {
    "workdays": lambda amount: LONG_AGO + timedelta(days=float(amount)),
    "workhours": lambda amount: LONG_AGO + timedelta(hours=float(amount)),
    "decide": lambda key, facts: None,
}


def main() -> None:
    """Answer what standard input asks."""
    found = []
    for executable, process, names, state in json.load(sys.stdin):
        run = step.fire(compile_process(executable, process, names), state, LONG_AGO, FUNCTIONS)
        found.append(sorted(wait.node_id for wait in run.waits))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
