"""Secret votes at run time: what keeps them secret, and what may not be done with them.

Who has voted is known, as of any work; what they voted is in no row. A vote is one's own: nobody votes for another, and
nothing of it is kept before it is cast.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from leancity.core.errors import StartupError, refuse
from leancity.core.identity.vault import seal, unseal
from leancity.core.processes.bpmn.model import Node
from leancity.core.processes.engine.errors import StepError
from leancity.core.processes.running.filling import spelt, values_in
from leancity.core.processes.running.formats import FILE
from leancity.core.processes.running.forms import Form
from leancity.core.processes.running.programs import loaded
from leancity.core.processes.running.tables import ProcessInstance, WorkItem

STEP = 4096
"""Characters of a sealed count are a multiple of it: its length doesn't tell whether a vote came with a text."""


def _sealed(text: str) -> str:
    return seal(text + " " * (-len(text.encode()) % STEP))


def _opened(sealed: str) -> str:
    try:
        return unseal(sealed)
    except StartupError:  # the installation has another key than when the vote began
        raise StepError("process_ballot_unreadable") from None


FUNCTIONS: Mapping[str, Callable[..., Any]] = {"seal": _sealed, "unseal": _opened}
"""What a step lends the engine for them."""


async def is_ballot(instance: ProcessInstance, item: WorkItem) -> bool:
    """Tell whether an item asks for a secret vote."""
    node: Node | None = (await loaded(instance.version_id)).nodes.get(item.node_id)
    return node is not None and node.ballot is not None


async def require_no_ballot(instance: ProcessInstance, item: WorkItem, field: str = "item_id") -> None:
    """Refuse what would let another vote, or leave a vote where it can be read."""
    if await is_ballot(instance, item):
        raise refuse("process_ballot_personal", field)


def require_no_files(form: Form, answers: Mapping[str, Any]) -> None:
    """Refuse files among the answers of a vote: a file knows who sent it."""
    for path, _ in values_in(form, answers, FILE):
        raise refuse("process_ballot_file", spelt(path))
