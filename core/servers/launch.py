"""Becomes another program: as another user, with a view of the file system of its own, tied to its parent's life.

Run as a file by `children.spawn` (python -I -S launch.py SPEC PROGRAM ARGUMENT…), so it imports nothing of ours. It is
a program and not a `preexec_fn`, for Python code between fork and exec may deadlock when the parent has threads; the
process number stays the same through exec. SPEC is JSON, see `Spec`.
"""

import ctypes
import json
import os
import signal
import sys
from pathlib import Path
from typing import TypedDict

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1
CLONE_NEWNS = 0x00020000
MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 4096, 16384, 1 << 18
CANT_START = 126  # what a shell answers when it finds a program and can't run it


class Spec(TypedDict):
    """parent: the pid to die with, by `death_signal`. user: uid, gid, groups, or None to stay. view: see view.py."""

    parent: int
    death_signal: int
    user: tuple[int, int, list[int]] | None
    view: list[tuple[str, list[str]]]
    cwd: str


def call(name: str, *arguments: object) -> None:
    """Call a function of libc that returns 0; raise OSError with its errno otherwise."""
    if getattr(LIBC, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def show_only(door: Path, shown: list[Path]) -> None:
    """Cover the closed folder `door`, in this process's view only, by one that anybody may enter and holds `shown`."""
    if door in shown:  # the folder itself is closed: what lies in it is shown
        shown = list(door.iterdir())
    links = {path: path.readlink() for path in shown if path.is_symlink()}
    # opened before the cover hides them; /proc/self/fd leads to them without a way through the closed folder
    opened = {path: os.open(path, os.O_PATH) for path in shown if path not in links}
    folders = {path for path in opened if path.is_dir()}
    call("mount", b"leancity", bytes(door), b"tmpfs", MS_NOSUID | MS_NODEV, b"mode=755,size=1m")
    for path, target in links.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)
    for path, descriptor in opened.items():
        (path if path in folders else path.parent).mkdir(parents=True, exist_ok=True)
        if path not in folders:
            path.touch()
        call("mount", b"/proc/self/fd/%d" % descriptor, bytes(path), None, MS_BIND | MS_REC, None)
        os.close(descriptor)


def main() -> None:
    """Take the steps in the one order that works; on failure print one line and exit with CANT_START."""
    spec: Spec = json.loads(sys.argv[1])
    program = sys.argv[2:]
    try:
        if spec["view"]:
            umask = os.umask(0o022)  # the folders that lead to what is shown are for everybody to enter
            call("unshare", CLONE_NEWNS)
            call("mount", None, b"/", None, MS_REC | MS_PRIVATE, None)  # nothing of it reaches the machine's own view
            for door, shown in spec["view"]:
                show_only(Path(door), [Path(path) for path in shown])
            os.umask(umask)
        if spec["user"]:
            uid, gid, groups = spec["user"]
            os.setgroups(groups)
            os.setgid(gid)
            os.setuid(uid)
        call("prctl", PR_SET_PDEATHSIG, spec["death_signal"], 0, 0, 0)  # after setuid, which clears it
        if os.getppid() != spec["parent"]:  # it died before it could be noticed
            sys.exit(CANT_START)
        os.chdir(spec["cwd"])
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and being ignored outlives exec
            signal.signal(number, signal.SIG_DFL)
        os.execvp(program[0], program)  # noqa: S606
    except OSError as error:
        sys.stderr.write(f"can't start {program[0]}: {error}\n")
        sys.exit(CANT_START)


if __name__ == "__main__":
    main()
