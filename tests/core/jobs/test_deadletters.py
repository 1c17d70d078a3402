"""Dead letters and the queues' figures, as an operator asks for them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from leancity.core.jobs import deadletters
from leancity.core.jobs.deadletters import Wanted, cities_with_dead_letters, dead_letters, replay
from leancity.core.jobs.outcomes import Rejected
from leancity.core.jobs.registry import jobs
from leancity.core.plugins.contributions import Job
from leancity.core.tenancy.tables import Due
from leancity.core.testing.city import City
from tests.core.jobs.yard import ask

pytestmark = pytest.mark.usefixtures("nothing_due")


@pytest.fixture
def poisoned(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let ``core.poison`` be rejected, until what is returned is called."""

    async def reject(payload: dict[str, Any]) -> None:
        raise Rejected("refused for good")

    async def accept(payload: dict[str, Any]) -> None:
        """Mended."""

    for name in ("core.poison", "core.poison_too"):
        monkeypatch.setitem(jobs(), name, Job(name=name, run=reject))

    def mend() -> None:
        for name in ("core.poison", "core.poison_too"):
            monkeypatch.setitem(jobs(), name, Job(name=name, run=accept))

    return mend


async def died(city: City, name: str, amount: int) -> list[uuid.UUID]:
    """Let so many jobs die."""
    ids = await ask(city, name, *[{}] * amount)
    await city.run_jobs()
    return ids


async def states(city: City) -> dict[str, int]:
    rows = await city.rows("select state, count(*) from job where tenant_id = $1 and name like 'core.poi%' group by 1")
    return {row["state"]: row["count"] for row in rows}


async def test_they_are_listed_by_city_and_job(poisoned: object, city: City, another_city: City) -> None:
    ids = await died(city, "core.poison", 2) + await died(city, "core.poison_too", 1)
    await died(another_city, "core.poison", 1)
    assert await cities_with_dead_letters() == {city.tenant.slug: 3, another_city.tenant.slug: 1}
    command = city.platform.command
    lines = [json.loads(line) for line in command("deadletters", "list", "--json").stdout.splitlines()]
    assert sorted(line["city"] for line in lines) == sorted([city.tenant.slug] * 3 + [another_city.tenant.slug])
    listed = command("deadletters", "list", "--city", city.tenant.slug, "--job", "core.poison_too").stdout
    assert str(ids[2]) in listed and "refused for good" in listed and len(listed.splitlines()) == 1
    (seen,) = await another_city.rows(
        "select data from audit_event where tenant_id = $1 and action = 'core.command.run' order by at"
    )
    assert json.loads(seen["data"])["command"] == "deadletters list"


async def test_they_are_replayed_with_all_their_attempts_and_discarded_for_the_city_to_see(
    poisoned: Callable[[], None], city: City
) -> None:
    ids = await died(city, "core.poison", 3) + await died(city, "core.poison_too", 1)
    command = city.platform.command
    assert command("deadletters", "discard", "--id", str(ids[0])).stdout == "1 discarded\n"
    assert command("deadletters", "replay", "--city", city.tenant.slug, "--job", "core.poison").stdout == "2 replayed\n"
    assert await states(city) == {"discarded": 1, "waiting": 2, "dead": 1}
    (attempts,) = await city.rows("select max(attempts) from job where tenant_id = $1 and state = 'waiting'")
    assert attempts["max"] == 0
    poisoned()
    await city.run_jobs()
    assert await states(city) == {"discarded": 1, "done": 2, "dead": 1}
    log = await city.rows(
        "select action, data from audit_event where tenant_id = $1 and action like 'core.job.%' order by at"
    )
    assert [(row["action"], json.loads(row["data"])) for row in log] == [
        ("core.job.discarded", {"jobs": 1}),
        ("core.job.replayed", {"jobs": 2}),
    ]
    assert command("deadletters", "replay", "--all").stdout.startswith("1 replayed")
    assert await Due.count().where(Due.kind == "dead") == 0


async def test_a_long_replay_goes_in_batches(poisoned: object, city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadletters, "BATCH", 2)
    await died(city, "core.poison", 5)
    async with city.serving():
        first = await dead_letters(Wanted(), limit=2)
        rest = await dead_letters(Wanted(), after=(first[-1].died_at, first[-1].id))
        assert [letter.id for letter in first + rest] == sorted(letter.id for letter in first + rest)
        assert len(rest) == 3
        assert await replay([letter.id for letter in first]) == 2
        assert await replay([letter.id for letter in first]) == 0, "what waits is not replayed"


async def test_what_is_asked_wrongly_is_told(city: City) -> None:
    command, unknown = city.platform.command, str(uuid.uuid4())
    nothing = command("deadletters", "replay", check=False)
    assert nothing.returncode == 2 and "--all" in nothing.stderr
    missing = command("deadletters", "discard", "--id", unknown, check=False)
    assert missing.returncode == 1 and f"id: There is no dead letter {unknown} here" in missing.stderr


async def test_the_queues_are_shown(poisoned: object, city: City, another_city: City) -> None:
    await died(city, "core.poison", 2)
    await ask(city, "core.poison", *[{}] * 3, queue="bulk", ago=120)
    await ask(another_city, "core.poison", {})
    await Due.update({Due.held_until: Due.run_at}).where(Due.tenant_id == another_city.tenant.id)
    shown = json.loads(city.platform.command("jobs", "--json").stdout)
    queues = {each.pop("queue"): each for each in shown["queues"]}
    assert list(queues) == ["interactive", "default", "bulk"]
    assert (queues["bulk"]["waiting"], queues["default"]["dead"], queues["interactive"]["waiting"]) == (3, 2, 0)
    assert 119 < queues["bulk"]["lag"] < 300
    assert shown["cities"][0] == {"city": city.tenant.slug, "waiting": 3, "running": 0, "dead": 2}
