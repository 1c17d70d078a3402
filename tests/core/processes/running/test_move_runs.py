"""All that runs on a version is moved by a job: watched, cancelled, gone on with, and nothing is moved twice."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from leancity.core.processes.running import move_job
from leancity.core.processes.versions.tables import ProcessVersion
from leancity.core.testing.platform import Platform
from tests.core.processes.killing import killed_on_the_way
from tests.core.processes.publishing import publish
from tests.core.processes.running.conftest import ALL, Works
from tests.core.processes.running.test_moving import KEY, at_check, model, version
from tests.graphql.kernel.watching import all_told, change_of, watching

RUN = "run { id state total moved kept version reasons { amount problem { code message } } failure { code message } }"
_JOB = "select id from job where tenant_id = $1 and name = 'core.process_move' and state = 'waiting'"
_MOVED = "select version_id, revision from process_instance where tenant_id = $1 order by opened_at, id"
_TOLD = "select count(*) from audit_event where tenant_id = $1 and action = 'core.process.moved_on'"
_ROW = "select state, total, moved, kept from process_move_run where tenant_id = $1 and id = $2"


async def asked(works: Works, verb: str, arguments: str, **more: Any) -> Any:
    """Ask for a mutation of runs and return its payload."""
    query = f"mutation {{ answer: processMoveRun{verb}({arguments}) {{ errors {{ field code }} {RUN} }} }}"
    return (await works.city.data(query, **{"as_": works.clerk, **more}))["answer"]


async def begin(works: Works, to: ProcessVersion, from_: ProcessVersion) -> Any:
    return await asked(works, "Begin", f'versionId: "{to.id}", fromVersionId: "{from_.id}"')


async def read(works: Works, run: Any) -> Any:
    query = f'{{ processMoveRun(id: "{run["id"]}") {{ {RUN.removeprefix("run {")} }}'
    return (await works.city.data(query, as_=works.clerk))["processMoveRun"]


async def versions(works: Works) -> list[uuid.UUID]:
    """Return the versions of the instances, the oldest first."""
    return [row["version_id"] for row in await works.city.rows(_MOVED)]


async def step(works: Works) -> None:
    """Let the job move as many as it moves at once."""
    await works.city.run_jobs()


async def test_what_fits_is_moved_and_the_rest_is_counted_by_its_reason(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(move_job, "AT_ONCE", 2)
    old = await version(works, "sign")
    await at_check(works)
    first = await works.begin(KEY)
    await at_check(works)
    new = await publish(works.city, model("approve sign").replace(b"check", b"look"), KEY)
    assert (await begin(works, old, old))["errors"] == [{"field": "fromVersionId", "code": "process_move_same"}]
    begun = await begin(works, new, old)
    assert begun["errors"] == [] and (begun["run"]["state"], begun["run"]["total"]) == ("waiting", 3)
    assert (await begin(works, new, old))["errors"] == [{"field": "fromVersionId", "code": "process_move_going"}]
    await step(works)
    run = await read(works, begun["run"])
    assert (run["state"], run["moved"], run["kept"]) == ("running", 1, 1)
    await step(works)
    run = await read(works, run)
    message = "The new version has no “Check”, where the case stands"
    reason = {"amount": 2, "problem": {"code": "process_move_gone", "message": message}}
    assert (run["state"], run["moved"], run["kept"], run["reasons"]) == ("done", 1, 2, [reason])
    assert await versions(works) == [old.id, new.id, old.id]
    await works.finish(await works.item(first))
    assert (await works.item(first))["node_id"] == "look"
    for verb in ("Cancel", "Resume"):
        over = await asked(works, verb, f'id: "{run["id"]}"')
        assert over["errors"] == [{"field": "id", "code": "process_move_over"}]
    listed = f'{{ processMoveRuns(processId: "{old.process_id}") {{ totalCount edges {{ node {{ id state }} }} }} }}'
    found = (await works.city.data(listed, as_=works.clerk))["processMoveRuns"]
    assert [edge["node"] for edge in found["edges"]] == [{"id": run["id"], "state": "done"}]


async def test_a_cancelled_run_leaves_the_rest_and_another_takes_it_up(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(move_job, "AT_ONCE", 1)
    old = await version(works, "sign")
    for _ in range(2):
        await at_check(works)
    new = await version(works, "approve sign")
    run = (await begin(works, new, old))["run"]
    await step(works)
    stale = await asked(works, "Cancel", f'id: "{run["id"]}", expectedVersion: 1')
    assert stale["errors"] == [{"field": "expectedVersion", "code": "process_changed"}]
    cancelled = (await asked(works, "Cancel", f'id: "{run["id"]}", expectedVersion: 2'))["run"]
    assert (cancelled["state"], cancelled["moved"]) == ("cancelled", 1)
    await step(works)
    assert await versions(works) == [new.id, old.id]
    again = (await begin(works, new, old))["run"]
    await step(works)
    assert ((await read(works, again))["state"], await versions(works)) == ("done", [new.id, new.id])


async def test_a_run_whose_asker_may_not_any_more_fails_and_another_goes_on_with_it(works: Works) -> None:
    old = await version(works, "sign")
    await at_check(works)
    new = await version(works, "approve sign")
    run = (await begin(works, new, old))["run"]
    gone = "update user_account set is_active = false where tenant_id = $1 and id = $2 returning id"
    await works.city.rows(gone, works.clerk.id)
    await step(works)
    works.clerk = await works.city.user(*ALL)
    run = await read(works, run)
    assert (run["state"], run["failure"]["code"], run["moved"]) == ("failed", "process_move_barred", 0)
    assert await versions(works) == [old.id]
    owner = await works.city.user("core.process.publish")
    await works.city.rows("update process set owner_id = $2 where tenant_id = $1 returning id", owner.id)
    refused = await works.city.graphql(
        f'mutation {{ processMoveRunResume(id: "{run["id"]}") {{ errors {{ code }} }} }}', as_=works.clerk
    )
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN", "the process has got an owner"
    resumed = await asked(works, "Resume", f'id: "{run["id"]}"', as_=owner)
    assert (resumed["run"]["state"], resumed["run"]["failure"]) == ("running", None)
    await step(works)
    assert ((await read(works, run))["state"], await versions(works)) == ("done", [new.id])


async def test_a_version_that_is_live_no_more_stops_the_run(works: Works) -> None:
    old = await version(works, "sign")
    await at_check(works)
    new = await version(works, "approve sign")
    run = (await begin(works, new, old))["run"]
    await works.city.rows(
        "update process_version set stage = 'retired' where tenant_id = $1 and id = $2 returning id", new.id
    )
    await step(works)
    run = await read(works, run)
    assert (run["state"], run["failure"]["code"]) == ("failed", "process_move_not_live")
    assert await versions(works) == [old.id]


@pytest.mark.parametrize("stride", [pytest.param(17, id="some"), pytest.param(1, id="all", marks=pytest.mark.long)])
async def test_a_killed_worker_leaves_a_run_that_goes_on(
    works: Works, monkeypatch: pytest.MonkeyPatch, stride: int
) -> None:
    old = await version(works, "sign")
    await at_check(works)
    await works.begin(KEY)
    await at_check(works)
    new = await publish(works.city, model("approve sign").replace(b"register", b"enter"), KEY)
    revisions = [row["revision"] for row in await works.city.rows(_MOVED)]
    run = (await begin(works, new, old))["run"]
    ((job,),) = await works.city.rows(_JOB)

    async def look() -> tuple[int, str]:
        rows = await works.city.rows(_MOVED)
        ((told,),) = await works.city.rows(_TOLD)
        (row,) = await works.city.rows(_ROW, uuid.UUID(run["id"]))
        steps = [row["revision"] - was for row, was in zip(rows, revisions, strict=True)]
        assert steps == [int(row["version_id"] == new.id) for row in rows], "none is moved twice"
        assert row["moved"] == told == sum(steps), "what is counted is what was moved"
        return row["moved"] + row["kept"], row["state"]

    deaths, found = await killed_on_the_way(works.city, job, monkeypatch, look, stride=stride)
    assert deaths >= 3 and [done for done, _ in found] == sorted(done for done, _ in found)
    assert found[-1] == (3, "done")


@pytest.fixture
def scheduler(platform: Platform) -> Iterator[None]:
    """It is the scheduler that tells who watches."""
    with platform.process("scheduler"):
        yield


@pytest.mark.long
@pytest.mark.usefixtures("scheduler")
async def test_progress_is_told_as_it_comes(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(move_job, "AT_ONCE", 1)
    old = await version(works, "sign")
    for _ in range(2):
        await at_check(works)
    new = await version(works, "approve sign")
    run = (await begin(works, new, old))["run"]
    await all_told(works.city)
    query = f'subscription {{ processMoveRunChanged(id: "{run["id"]}") {{ isResync {RUN} }} }}'
    async with works.city.socket(works.clerk) as socket:
        assert (await watching(socket, query))["run"]["moved"] == 0
        _, told = await asyncio.gather(step(works), change_of(socket))
        assert (told["run"]["state"], told["run"]["moved"], told["run"]["total"]) == ("running", 1, 2)
