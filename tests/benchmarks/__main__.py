"""``make bench``: every benchmark, or those named on the command line."""

from __future__ import annotations

import sys

from tests.benchmarks import context, import_requests, many_cities

BENCHMARKS = {"context": context.main, "many_cities": many_cities.main, "import_requests": import_requests.main}


def main(names: list[str]) -> None:
    """Run the named benchmarks, all of them when none is named."""
    for name in names or BENCHMARKS:
        print(f"== {name}")
        BENCHMARKS[name]()


main(sys.argv[1:])
