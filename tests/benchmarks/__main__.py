"""``make bench``: every benchmark, or those named on the command line, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys

from tests.benchmarks import (
    clusters,
    context,
    duplicates,
    engine_step,
    expressions,
    fairness,
    import_requests,
    live,
    many_cities,
    process_report,
    process_step,
)

BENCHMARKS = {
    "context": context.main,
    "many_cities": many_cities.main,
    "import_requests": import_requests.main,
    "fairness": fairness.main,
    "live": live.main,
    "clusters": clusters.main,
    "duplicates": duplicates.main,
    "expressions": expressions.main,
    "engine_step": engine_step.main,
    "process_step": process_step.main,
    "process_report": process_report.main,
}


def main(names: list[str]) -> None:
    """Run the named benchmark here, several or all one after another, each with a platform and a process of its own."""
    if len(names) == 1:
        print(f"== {names[0]}", flush=True)
        BENCHMARKS[names[0]]()
        return
    for name in names or BENCHMARKS:
        subprocess.run([sys.executable, "-m", "tests.benchmarks", name], check=True)


main(sys.argv[1:])
