"""What processes may ask modules to do: the handlers of service tasks, by topic."""

from __future__ import annotations

from collections.abc import Mapping

from leancity.core.plugins.contributions import ServiceTask
from leancity.core.plugins.gate import is_open, require_open
from leancity.core.plugins.manager import installed_modules


def topics() -> Mapping[str, ServiceTask]:
    """Return what the processes of the city being served may ask for, by topic."""
    tasks = installed_modules().service_tasks
    return {topic: task for topic, task in tasks.items() if is_open(topic.partition(".")[0])}


def task_of(topic: str) -> ServiceTask | None:
    """Return the handler of a topic, None where no module has one; raise ``ModuleClosed`` where the city hasn't it."""
    require_open(topic)
    return installed_modules().service_tasks.get(topic)
