"""The kernel's own kind of case, for the processes that a city draws itself."""

from __future__ import annotations

from leancity.core.cases.drawn import TASK
from leancity.core.cases.kinds import CaseKind, CaseState, Outcome, Transition

FINISH = "finish"
STOP = "stop"
DONE = "done"
STOPPED = "stopped"

PROCESS = CaseKind(
    key="core.process",
    title={"en": "Process", "ru": "Процесс"},
    prefix="PR",
    states=(
        CaseState(key="running", title={"en": "Running", "ru": "Выполняется"}),
        CaseState(key="closed", title={"en": "Closed", "ru": "Завершён"}, is_final=True),
    ),
    initial="running",
    outcomes=(
        Outcome(key=DONE, title={"en": "Done", "ru": "Выполнен"}),
        Outcome(key=STOPPED, title={"en": "Stopped", "ru": "Остановлен"}),
    ),
    # The drawing says when it ends, and whoever stops it is asked for the right to the process, not to the case.
    transitions=(
        Transition(
            name=FINISH,
            title={"en": "Finish", "ru": "Завершить"},
            from_states=("running",),
            to="closed",
            permission=None,
            outcomes=(DONE,),
            mutation=TASK,
        ),
        Transition(
            name=STOP,
            title={"en": "Stop", "ru": "Остановить"},
            from_states=("running",),
            to="closed",
            permission=None,
            outcomes=(STOPPED,),
            mutation="processStop",
        ),
    ),
)

KERNEL_KINDS = {PROCESS.key: PROCESS}
"""Every city has them, whatever modules it has."""
