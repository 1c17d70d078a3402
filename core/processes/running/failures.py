"""Steps that can't be made: undone whole, and told to whoever can do something about it.

A person's step is refused. One that a job asked for is undone, and its error stays on the instance until somebody
retries it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Problem, Refused
from leancity.core.live.announce import announce
from leancity.core.processes.engine.errors import StepError
from leancity.core.processes.running.programs import Loaded
from leancity.core.processes.running.tables import ProcessInstance

TOPIC = "core.process"
"""Under which who watches an instance is told that something about it has changed."""


class Failure(NamedTuple):
    """Why an instance stands still: a code of the catalogue, the title of the element, and what fills the text."""

    code: str
    element: str
    params: dict[str, Any]


@contextmanager
def refusing(loaded: Loaded, field: str | None = None) -> Iterator[None]:
    """Turn what the engine refuses into a ``Refused`` that names the element as people know it."""
    try:
        yield
    except StepError as error:
        element = loaded.title(error.element) if error.element else ""
        raise Refused(Problem(code=error.code, field=field, params={**error.params, "element": element})) from error


def failure_of(instance: ProcessInstance) -> Failure | None:
    """Return why an instance stands still; None where it does not."""
    if not instance.failure:
        return None
    kept = json.loads(instance.failure)
    return Failure(kept["code"], kept["element"], kept["params"])


async def record_failure(instance_id: uuid.UUID, refused: Refused) -> None:
    """Keep on the instance why a step that nobody is there to hear of was undone."""
    problem = refused.problems[0]
    failure = {"code": problem.code, "element": str(problem.params.get("element", "")), "params": dict(problem.params)}
    async with tenant_tx(write=True):
        mine = ProcessInstance.id == instance_id
        instance = await ProcessInstance.objects().where(mine).lock_rows("NO KEY UPDATE").first()
        if instance is None or instance.status not in ("running", "failed"):
            return
        instance.status, instance.failure = "failed", json.dumps(failure, default=str, ensure_ascii=False)
        await instance.save([ProcessInstance.status, ProcessInstance.failure])
        await record("core.process.failed", "process_instance", instance_id, code=problem.code)
        await announce(TOPIC, instance_id, instance.revision)
