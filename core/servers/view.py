"""Lets the account run our Python code, web and workers, where checkout or interpreter lie in a closed folder.

Copying would take 450 MB, go stale with every edit and break every absolute path in a .venv. Instead each such child
gets a mount namespace of its own in which the closed folder (say /root) is covered by an empty one, with only the
checkout and the interpreter bound to their own paths in it. Nothing on the machine changes, no other process sees it,
and it ends with the child. It needs the rights of a machine's root (CAP_SYS_ADMIN), which root in an ordinary container
hasn't; and it can't open files that are closed themselves (a checkout made under umask 077). What is possible is found
out by trying it. Where nothing is, the code runs as root, and a line says so: PostgreSQL and Redis never do.
"""

import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import leancity.core
from leancity.core.servers.account import Account
from leancity.core.servers.children import run
from leancity.core.servers.place import Place
from leancity.core.servers.run_as import RunAs

PROBE_SECONDS = 30
PROBE = "import sys, msgspec, leancity.core as c; sys.exit(c.__file__ != sys.argv[1] and 'it finds ' + str(c.__file__))"


def run_code_as(place: Place) -> tuple[RunAs | None, str | None]:
    """Return as whom web, workers and scheduler run (None: as we do), and the line to tell the user, if any."""
    if place.account is None:
        return None, None
    home = place.folder("home")
    views: list[Mapping[Path, tuple[Path, ...]]] = [{}]
    closed = closed_folders(place.account, _code_paths(place.checkout))
    if closed:
        views.append(closed)
    reason = ""
    for view in views:
        run_as = RunAs(place.account, home, view)
        reason = _why_not(run_as)
        if not reason:
            folders = " and ".join(map(str, view))
            line = (
                f"{folders} is closed to {place.account.name}: web and workers see their code through a private mount"
            )
            return run_as, line if view else None
    return None, f"WARNING: web and workers run as root, for {place.account.name} can't run this Python: {reason}"


def closed_folders(account: Account, paths: Iterable[Path]) -> dict[Path, tuple[Path, ...]]:
    """Return for each topmost folder that the account can't enter those of `paths` that lie in it or are it."""
    closed: dict[Path, tuple[Path, ...]] = {}
    for path in paths:
        for folder in (*reversed(path.parents), path):
            if folder.is_dir() and not account.can("x", folder):
                closed[folder] = (*closed.get(folder, ()), path)
                break
    return closed


def _code_paths(checkout: Path) -> list[Path]:
    """Return the checkout, the environment and the interpreter, this also by the name by which .venv refers to it."""
    python = Path(sys.base_prefix)
    paths = (checkout.resolve(), Path(sys.prefix).resolve(), python.resolve(), python.parent.resolve() / python.name)
    return [path for path in dict.fromkeys(paths) if not any(other in path.parents for other in paths)]


def _why_not(run_as: RunAs) -> str:
    """Try to import this very code and a dependency; return the last line of what went wrong, or nothing."""
    try:
        probe = run([sys.executable, "-c", PROBE, str(leancity.core.__file__)], run_as, seconds=PROBE_SECONDS)
    except subprocess.TimeoutExpired:
        return f"it didn't start within {PROBE_SECONDS} s"
    if probe.returncode == 0:
        return ""
    return (probe.stdout.strip().splitlines() or [f"exit code {probe.returncode}"])[-1]
