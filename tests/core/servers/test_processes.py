"""Ending what an earlier life left running in a folder, whatever dies while it is looked at."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from leancity.core.servers.processes import end_left_over, processes_in

# ends at the signal and leaves its child alone, as a server does that is killed: the child has lost its parent then
CHILD = 'trap "exit 0" TERM; while :; do read -t 1 line <> "$1"; done'
SERVER = f"""trap 'exit 0' TERM; "$0" -c '{CHILD}' child "$1" & wait"""


def test_who_loses_its_server_while_it_is_ended_is_ended_too(
    tmp_path: Path, wait_for: Callable[[Callable[[], bool], float], float]
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    program = tmp_path / "server"
    shutil.copy("/bin/bash", program)
    os.mkfifo(folder / "pipe")
    with subprocess.Popen([str(program), "-c", SERVER, str(program), "pipe"], cwd=folder) as server:
        wait_for(lambda: len(processes_in(folder, "server")) == 2, 5)
        end_left_over(folder, program, os.geteuid(), [(signal.SIGTERM, 5.0)])
        assert not processes_in(folder, "server")
        assert server.wait(5) == 0
