"""The unprivileged account under which root runs everything.

PostgreSQL refuses to run as root, and nothing that faces the network should. No user is added and no mode of an
existing folder is changed: what the account can't reach is worked round in `place` and `view`.
"""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from leancity.core.servers.errors import ServerError

NOBODY = 65534


@dataclass(frozen=True)
class Account:
    """An existing user of this machine that isn't root."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]

    def can(self, right: Literal["r", "x"], path: Path) -> bool:
        """Whether the account may read (r) or execute, for a folder enter (x), `path`; False if it doesn't exist.

        The kernel is asked, as that user, rather than the mode bits read: access lists and closed ancestors count.
        """
        asked = subprocess.run(  # noqa: S603
            ["/usr/bin/test", f"-{right}", os.fspath(path)],
            user=self.uid,
            group=self.gid,
            extra_groups=self.groups,
            cwd="/",
            check=False,
        )
        return asked.returncode == 0

    def take(self, path: Path) -> None:
        """Give `path`, a file or folder that we have made, to the account."""
        os.chown(path, self.uid, self.gid)


def choose_account(checkout: Path) -> Account | None:
    """Return the account to drop to, or None when we aren't root and everything runs as ourselves.

    The owner of the checkout, for files in it then keep one owner; nobody when that is root.
    Raises ServerError when the machine has neither.
    """
    if os.geteuid() != 0:
        return None
    owner = checkout.stat().st_uid
    for uid in (owner, NOBODY):
        try:
            user = pwd.getpwuid(uid)
        except KeyError:
            continue
        if user.pw_uid != 0:
            groups = tuple(os.getgrouplist(user.pw_name, user.pw_gid))
            return Account(user.pw_name, user.pw_uid, user.pw_gid, groups)
    raise ServerError(f"root needs an unprivileged user to drop to: neither {checkout}'s owner nor uid {NOBODY} is one")
