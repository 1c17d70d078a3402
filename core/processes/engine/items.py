"""Multi-instance activities: one item after another or all at once, each with facts of its own, outputs in the order of
the items.

The library's own hang on an item that is null, fail at a second visit, and lose track of their items when a case is
loaded by another process.
"""

from __future__ import annotations

import json
from typing import Any

from leancity.core.processes.engine.ballots import Ballot, cast, told
from leancity.core.processes.engine.errors import StepError
from leancity.core.processes.engine.facts import plain
from leancity.core.processes.engine.program import CHILD
from leancity.core.processes.engine.safe_engine import element_of, holds, value_of
from leancity.core.processes.engine.specs import Bounded
from leancity.core.processes.engine.spiff import MultiInstanceTask, Task, TaskState

MOST = 500
"""Items of one activity."""
COUNTER = "loopCounter"
"""What an item knows itself by, from 1, as in other engines."""


class Items(Bounded, MultiInstanceTask):
    """A multi-instance activity. ``collection``, ``count`` and ``enough`` are expressions; the rest are names of facts.

    Exactly one of ``collection`` and ``count`` is given. Without ``output`` and ``item_output`` what the items wrote
    goes into the case's facts, the later over the earlier. Of a ``ballot`` only the count does, at the end: whoever is
    cut short leaves nothing. There each item is asked once, however often the list names it.
    """

    is_sequential: bool
    collection: str | None
    count: str | None
    item: str | None
    output: str | None
    item_output: str | None
    enough: str | None
    ballot: Ballot | None

    def _update_hook(self, my_task: Any) -> bool | None:
        if my_task._state == TaskState.STARTED:
            return None
        items = self._items(my_task)
        my_task.internal_data = {"items": items, "begun": 0, "done": 0, "outputs": {}}
        self._collect(my_task)
        if self.ballot is not None:
            my_task.data[self.ballot.result] = None
        if not items:
            self._count(my_task)
            return True
        my_task._set_state(TaskState.STARTED)
        for _ in range(1 if self.is_sequential else len(items)):
            self._begin_next(my_task)
        return None

    def _items(self, my_task: Task) -> list[Any]:
        if self.collection is not None:
            items = plain(value_of(my_task, self.collection))
            if not isinstance(items, list):
                raise StepError("process_no_collection", element_of(my_task))
        else:
            amount = plain(value_of(my_task, self.count or ""))
            if isinstance(amount, bool) or not isinstance(amount, int) or amount < 0:
                raise StepError("process_no_amount", element_of(my_task))
            items = [None] * min(amount, MOST + 1)
        if len(items) > MOST:
            raise StepError("process_too_many_items", element_of(my_task), limit=MOST)
        if self.ballot is not None and self.collection is not None:
            return [*{json.dumps(item, sort_keys=True): item for item in items}.values()]
        return items

    def _begin_next(self, my_task: Any) -> None:
        data = my_task.internal_data
        place = data["begun"]
        data["begun"] += 1
        child = my_task._add_child(self._wf_spec.task_specs[self.task_spec], TaskState.WAITING)
        child.triggered = True
        child.internal_data["place"] = place
        own = {COUNTER: place + 1}
        if self.item is not None:
            own[self.item] = data["items"][place]
        child.give_own(own)
        child.task_spec._update(child)

    def merge_child(self, workflow: Any, child: Any) -> None:
        """Take over what an item gave, and go on."""
        my_task = child.parent
        if my_task._state != TaskState.STARTED:
            return
        data = my_task.internal_data
        data["done"] += 1
        if self.ballot is not None:
            self._cast(my_task, child, self.ballot)
        elif self.output is not None:
            data["outputs"][str(child.internal_data["place"])] = child.own.get(self.item_output)
        else:
            my_task.data.update(self._given(child))
        self._collect(my_task)
        if self._is_enough(my_task, child):
            for other in my_task.children:
                if other.task_spec.name.endswith(CHILD):
                    other.cancel()
            self._count(my_task)
            my_task._set_state(TaskState.READY)
        elif data["done"] == len(data["items"]):
            self._count(my_task)
            my_task._set_state(TaskState.READY)
        elif self.is_sequential:
            self._begin_next(my_task)

    def _collect(self, my_task: Any) -> None:
        if self.output is not None:
            outputs = my_task.internal_data["outputs"]
            my_task.data[self.output] = [outputs[place] for place in sorted(outputs, key=int)]

    def _given(self, child: Any) -> dict[str, Any]:
        """Return what an item wrote."""
        return {name: value for name, value in child.own.items() if name not in (COUNTER, self.item)}

    def _cast(self, my_task: Any, child: Any, ballot: Ballot) -> None:
        functions = my_task.workflow.top_workflow.functions
        box = my_task.internal_data.get("box")
        my_task.internal_data["box"] = cast(box, ballot, self._given(child), functions, element_of(my_task))
        child.give_own({})

    def _count(self, my_task: Any) -> None:
        if self.ballot is None:
            return
        data, ballot = my_task.internal_data, self.ballot
        members = len(data["items"])
        numbers = {"members": members, "cast": data["done"]}
        has_quorum = ballot.quorum is None or holds(my_task, ballot.quorum, numbers)
        functions = my_task.workflow.top_workflow.functions
        my_task.data[ballot.result] = told(data.get("box"), ballot, members, has_quorum, functions, element_of(my_task))

    def _is_enough(self, my_task: Any, child: Any) -> bool:
        if self.enough is None:
            return False
        data = my_task.internal_data
        counts = {
            "nrOfInstances": len(data["items"]),
            "nrOfCompletedInstances": data["done"],
            "nrOfActiveInstances": data["begun"] - data["done"],
        }
        # An answer must not be seen by when the vote ends.
        return holds(child if self.ballot is None else my_task, self.enough, counts)

    def _run_hook(self, my_task: Any) -> bool:
        my_task.internal_data = {}
        return True
