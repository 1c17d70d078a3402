"""What the steps of a case took stands on its fact: the same as its steps say, whatever its life was."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from leancity.core.db.unit import tenant_tx
from leancity.core.processes.figures import recording
from leancity.core.processes.figures.recording import Moment, Step
from leancity.core.processes.figures.tables import CaseFact, StepFact
from leancity.core.processes.running.tables import ProcessInstance
from tests.core.processes.figures.conftest import Bureau

BEGIN = datetime.fromisoformat("2026-02-02T09:00+11:00")
SPREAD = "{ n median p85 p95 total }"
PARTS = "processing waiting queue claimed suspended external"
MARKS = ("PRODUCTION", "TRIAL", "IMPORT")
FIELDS = "closed cycleEfficiency " + " ".join(f"{name} {SPREAD}" for name in PARTS.split())
FIGURES = (
    "query ($id: UUID!) {"
    + " ".join(
        f'{mark}: processFigures(cut: {{processId: $id, since: "2026-01-01", until: "2026-10-31", mark: {mark}}})'
        f" {{ {FIELDS} }}"
        for mark in MARKS
    )
    + "}"
)


class Life:
    """A case that lives by chance: steps side by side, suspended, withdrawn, external; closed more than once."""

    def __init__(self, chance: random.Random, instance: ProcessInstance, clock: Any) -> None:
        self.chance = chance
        self.instance = instance
        self.clock = clock
        self.at = BEGIN + timedelta(minutes=chance.randrange(60 * 24 * 90))

    def moment(self) -> Moment:
        self.at += timedelta(minutes=self.chance.randrange(400))
        return Moment(at=self.at, clock=self.clock)

    async def live(self) -> None:
        await recording.opened(self.instance, self.moment(), due_at=None)
        await self.work(self.chance.randint(0, 4))
        if self.chance.random() < 0.9:
            await self.close()
        if self.chance.random() < 0.4:
            await recording.reopened(self.instance)
            await self.work(self.chance.randint(0, 2))
            if self.chance.random() < 0.7:
                await self.close()
        if self.chance.random() < 0.4:  # what is filed away after the end of the lead time
            await self.work(1)

    async def close(self) -> None:
        await recording.closed(self.instance, self.moment(), "done", [])

    async def work(self, steps: int) -> None:
        """Let so many steps run side by side; each may be taken up, begun, suspended, ended."""
        running = [self.step() for _ in range(steps)]
        for step in running:
            await recording.step_scheduled(self.instance, step, self.moment())
        for name, share in (("assign", 0.7), ("start", 0.7), ("suspend", 0.4)):
            for step in running:
                if self.chance.random() < share:
                    await self.change(step, name)
                    if name == "suspend":
                        await self.change(step, "resume")
        for step in running:
            ended = self.chance.random()
            if ended < 0.9:
                outside = step.type == "receiveTask"
                await self.change(step, "complete" if ended < 0.8 else "withdraw", is_external=outside)

    async def change(self, step: Step, transition: Any, *, is_external: bool = False) -> None:
        await recording.step_changed(
            self.instance, step.id, step.node_id, transition, self.moment(), is_external=is_external
        )

    def step(self) -> Step:
        node, chance = self.chance.choice("ABCD"), self.chance
        return Step(
            id=uuid.UUID(int=chance.getrandbits(128)),
            node_id=node,
            title=node,
            type=chance.choice(("userTask", "userTask", "receiveTask")),
            attempt=chance.choice((1, 1, 2)),
            value_class=chance.choice(("", "va")),
            is_started=chance.random() < 0.2,
        )


def summed(steps: Sequence[dict[str, Any]]) -> tuple[Any, ...]:
    """Return queue, claimed, suspended, external, touch, and whether a step is classed, as the steps say."""
    done = [step for step in steps if step["state"] == "done"]
    own = [step for step in done if not step["external_s"]]
    queue = claimed = touch = 0.0
    for step in own:
        available, taken, started = step["available_w"], step["claimed_w"], step["started_w"]
        taken = started if taken is None else taken
        queue += 0 if taken is None else max(0, taken - available)
        claimed += 0 if started is None or step["claimed_w"] is None else max(0, started - taken)
    spans = sorted((s["started_w"], s["done_w"]) for s in own if s["started_w"] is not None)
    until = 0
    for begin, end in spans:
        touch += max(0, end - max(begin, until))
        until = max(until, end)
    suspended = sum(step["suspended_s"] for step in own)
    external = sum(step["external_s"] for step in done)
    classed = any(step["value_class"] for step in done)
    return queue, claimed, suspended, external, max(0, touch - suspended) if spans else None, classed


async def test_sums_are_those_of_the_steps_and_figures_the_same_without_them(bureau: Bureau) -> None:
    chance = random.Random(36)  # noqa: S311 - the same each time
    async with bureau.city.serving(), tenant_tx(write=True):
        version = await bureau.drawn()
        clock = (await recording.moment_of(BEGIN)).clock
        for number in range(20):
            mark = ("production", "production", "trial", "test")[number % 4]
            instance = ProcessInstance(process_id=bureau.process, version_id=version.id, mark=mark, opened_at=BEGIN)
            await Life(chance, instance, clock).live()
    bureau.load([
        ("A", "lawyer", "2026-06-01 09:00", "2026-06-01 09:00", "2026-06-01 11:00", ""),
        ("A", "engineer", "2026-06-01 09:00", "2026-06-01 10:00", "2026-06-01 12:00", ""),
        ("B", "check", "2026-06-01 10:00", "2026-06-01 11:00", "2026-06-01 15:00", ""),
    ])  # fmt: skip
    async with bureau.city.serving(), tenant_tx():
        facts, rows = await CaseFact.select(), await StepFact.select()
    names = ("queue_s", "claimed_s", "suspended_s", "external_s", "touch_s", "is_classed")
    marks = set()
    for fact in facts:
        kept = tuple(fact[name] for name in names)
        if fact["closed_at"] is None:
            assert fact["queue_s"] is None, "nobody sums a case that is under way"
        else:
            assert kept == summed([step for step in rows if step["fact_id"] == fact["id"]]), fact["mark"]
            marks.add(fact["mark"])
    assert marks == {"production", "trial", "import"}

    async def asked() -> Any:
        return await bureau.city.data(FIGURES, {"id": str(bureau.process)}, as_=bureau.analyst)

    whole = await asked()
    assert all(whole[mark]["queue"]["total"] and whole[mark]["processing"]["total"] for mark in MARKS)
    owner = await asyncpg.connect(bureau.platform.migrate_url)
    try:  # as an archive of before brings them
        await owner.execute(
            "update process_case_fact set queue_s = null, claimed_s = null, suspended_s = null, touch_s = null,"
            " is_classed = null where tenant_id = $1",
            bureau.city.tenant.id,
        )
    finally:
        await owner.close()
    assert await asked() == whole
