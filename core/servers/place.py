"""Where the state lies and from where the servers' programs are run.

Ordinarily `<checkout>/.leancity/` and `.venv`. When we are root and the account we drop to can't reach the checkout (a
clone below a 0700 home), both go to `/var/lib/leancity/<hash of the checkout's path>/`, the programs as copies; the
hash keeps two such checkouts apart.
"""

import hashlib
import importlib.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from leancity.core.servers.account import Account, choose_account
from leancity.core.servers.errors import ServerError

STATE = ".leancity"
ELSEWHERE = Path("/var/lib/leancity")


@dataclass(frozen=True)
class Place:
    """The state folder, the account (None: ourselves), and where copies of programs go if they have to be made."""

    checkout: Path
    state: Path
    account: Account | None
    copies: Path
    moved: bool

    def folder(self, name: str) -> Path:
        """Return the folder `name` of the state, made if need be, 0700, of the account.

        Raises ServerError when it is there already and somebody else's.
        """
        folder = self.state / name
        folder.mkdir(exist_ok=True)
        uid = self.account.uid if self.account else os.geteuid()
        found = folder.stat().st_uid
        if found not in (uid, os.geteuid()):
            raise ServerError(
                f"{folder} belongs to uid {found}, the servers run as uid {uid}: remove it or be that user"
            )
        folder.chmod(0o700)
        if self.account:
            self.account.take(folder)
        return folder

    def program(self, path: Path, *beside: Path) -> Path:
        """Return `path`, or its copy when the account can't execute it.

        `beside` are the folders to be copied in the same arrangement, from which `path` takes what it needs (libraries
        found by a relative path); one of them holds `path`. Without any, the file alone is copied.
        """
        if self.account is None or self.account.can("x", path):
            return path
        origins = beside or (path,)
        root = Path(os.path.commonpath([origin.parent for origin in origins]))
        copy = self.copies / path.relative_to(root)
        stamp = copy.with_name(f"{copy.name}.copied-from")
        original = f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}"
        if not (copy.exists() and stamp.exists() and stamp.read_text() == original):
            for origin in origins:
                _copy(origin, self.copies / origin.relative_to(root))
            stamp.write_text(original)  # last: a copy that was broken off is made again
        return copy


def find_place(root: Path) -> Place:
    """Choose account and folders for the state folder `root` (`<checkout>/.leancity` or a folder in it); makes them."""
    root = Path(os.path.abspath(root))
    checkout = next((path.parent for path in (root, *root.parents) if path.name == STATE), root.parent)
    account = choose_account(checkout)
    nearest = next(path for path in (root, *root.parents) if path.exists())
    moved = account is not None and not account.can("x", nearest)
    if moved:
        top = ELSEWHERE / hashlib.sha256(os.fsencode(checkout.resolve())).hexdigest()[:16]
        within = root.relative_to(checkout)
        state = top.joinpath(*within.parts[1:]) if within.parts[0] == STATE else top / within
        copies = top / "programs"
    else:
        state, copies = root, checkout / STATE / "programs"
    for folder in (*reversed(state.parents), state):
        if not folder.exists():
            folder.mkdir()
            folder.chmod(0o755)  # whatever the umask: the account has to pass
    return Place(checkout, state, account, copies, moved)


def wheel_folder(package: str) -> Path | None:
    """Return the folder of an installed package, found without importing it; None when it isn't installed."""
    spec = importlib.util.find_spec(package)
    return Path(next(iter(spec.submodule_search_locations))) if spec and spec.submodule_search_locations else None


def _copy(origin: Path, target: Path) -> None:
    """Copy a file or a folder; the copy stays ours and is for everybody to read, whatever the umask it came with."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if origin.is_dir():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(origin, target, symlinks=True)
    else:
        shutil.copy2(origin, target)
    for path in (target, *target.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
