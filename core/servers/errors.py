"""The one kind of error of this package, and the disk check that every start begins with."""

import shutil
from pathlib import Path

DISK_NEEDED_MB = 500


class ServerError(Exception):
    """A server can't be started or kept. `str()` is one line for the user: what is wrong, where, what to do."""

    def __init__(self, line: str) -> None:
        super().__init__(" ".join(line.split()))


def check_disk(folder: Path) -> None:
    """Raise ServerError when less than DISK_NEEDED_MB megabytes are free where `folder`, which exists, lies."""
    free_mb = shutil.disk_usage(folder).free // 2**20
    if free_mb < DISK_NEEDED_MB:
        raise ServerError(f"not enough disk in {folder}: {free_mb} MB free, {DISK_NEEDED_MB} MB are needed")
