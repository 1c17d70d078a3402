"""The 0700 folder in which the servers' Unix sockets lie."""

import os
import stat
import tempfile
from pathlib import Path

from leancity.core.servers.place import Place

LONGEST = 90  # bytes; a socket's whole path must fit into 108, and PostgreSQL's and Redis' names go behind this


def socket_folder(place: Place) -> Path:
    """Return `<state>/run`, or a private folder in /tmp when that path is too long for a socket.

    The link `<state>/run-elsewhere` remembers the latter, so that the next start finds it, and what was left in it.
    """
    folder = place.folder("run")
    if len(os.fsencode(folder)) <= LONGEST:
        return folder
    link = place.state / "run-elsewhere"
    uid = place.account.uid if place.account else os.geteuid()
    if link.is_symlink():
        if _is_private(link.readlink(), uid):
            return link.readlink()
        link.unlink()
    elsewhere = Path(tempfile.mkdtemp(prefix="leancity-", dir="/tmp"))  # not TMPDIR, which may be long too
    if place.account:
        place.account.take(elsewhere)
    link.symlink_to(elsewhere)
    return elsewhere


def _is_private(folder: Path, uid: int) -> bool:
    """Whether it is still the folder we made: anybody may put something else under that name once it is gone."""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == uid and stat.S_IMODE(found.st_mode) == 0o700
