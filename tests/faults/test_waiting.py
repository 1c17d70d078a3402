"""What waits is not lost: with Redis emptied and killed, behind a job that always fails, after a failed record."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator

import pytest

from tests.faults.parties import open_parties
from tests.faults.town import ALLOWED, SLUG, Town, running_town, wait_for

pytestmark = pytest.mark.long

EFFECTS = 1000
SOON = 60.0  # seconds for anything that takes a few on an idle machine

# A hint that Redis forgot counts until its lease has run out; no test needs to wait for that half a minute.
_END_HINTS = "update due set lease_until = null where held_until is null"
_END_HOLDS = "update due set lease_until = null, held_until = null where kind = 'job'"
_HURRY = "update due set run_at = now() where kind = 'job' and id in (select id from job where name like 'probe.%')"
_FAIL_ONCE = """
create sequence probe_fails;
grant usage on sequence probe_fails to leancity_app;
create function probe_fail_once() returns trigger language plpgsql as $$
begin
    if new.state = 'done' and old.payload::jsonb ->> 'note' = 'doubt' and nextval('probe_fails') = 1 then
        raise exception 'the disk is full, this once';
    end if;
    return new;
end $$;
create trigger probe_fail_once before update on job for each row
    when (old.name = 'probe.keyless') execute function probe_fail_once();
"""


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """An installation with many worker threads and quick parties, for all tests of this file."""
    settings = {"LEANCITY_WORKER_THREADS": "12", "LEANCITY_POOL_SIZE": "20"}
    with open_parties(answers_after=0.01) as parties, running_town(parties, **settings) as running:
        yield running


def arrived(town: Town, beginning: str) -> dict[str, int]:
    """Return how often each key of notes with this beginning has reached the party with keys, by note."""
    return {
        note: keys.total() for note, keys in town.parties.keyed.keys_of().items() if note.startswith(f"{beginning}-")
    }


def test_with_redis_emptied_and_killed_none_of_a_thousand_effects_is_lost_or_doubled(town: Town) -> None:
    town.ask("probeRecordMany", "flood", count=EFFECTS)
    wait_for(lambda: len(arrived(town, "flood")) > EFFECTS // 10, SOON, "the first effects")
    town.empty_redis()
    wait_for(lambda: len(arrived(town, "flood")) > EFFECTS // 4 or _hurry_hints(town), SOON, "effects after emptying")
    before = town.pid("redis")
    os.kill(before, signal.SIGKILL)
    took = wait_for(lambda: town.pid("redis") != before and town.is_serving("redis"), SOON, "Redis serves")
    assert took <= ALLOWED
    left = EFFECTS - len(arrived(town, "flood"))
    assert left > 0, "all was done before the kill: nothing was proved"
    wait_for(lambda: len(arrived(town, "flood")) == EFFECTS or _hurry_hints(town), 2 * SOON, "every effect")
    wait_for(lambda: not _unfinished(town, "probe.keyed"), SOON, "every job done")
    assert {note: times for note, times in arrived(town, "flood").items() if times > 1} == {}


def test_a_poisoned_job_stops_nobody_and_is_replayed_after_the_mend(town: Town) -> None:
    town.parties.keyed.refused.add("poison")
    town.ask("probeRecord", "poison-1")
    for number in range(20):
        town.ask("probeRecord", f"sound-{number}")
    wait_for(lambda: len(arrived(town, "sound")) == 20, SOON, "the others' effects")
    wait_for(lambda: _states(town, "probe.keyed") == {"done", "dead"} or _hurry(town), SOON, "the poisoned job dead")
    [letter] = [json.loads(line) for line in town.command("deadletters", "list", "--json").stdout.splitlines()]
    assert (letter["city"], letter["job"]) == (SLUG, "probe.keyed")
    assert "500" in letter["error"] and "poison" not in letter["error"]
    assert arrived(town, "poison") == {}

    town.parties.keyed.refused.clear()
    assert town.command("deadletters", "replay", "--city", SLUG).stdout == "1 replayed\n"
    wait_for(lambda: _states(town, "probe.keyed") == {"done"}, SOON, "the replayed job done")
    assert arrived(town, "poison") == {"poison-1": 1}
    assert town.command("deadletters", "list").stdout == ""


def test_a_delivery_that_could_not_be_recorded_is_repeated_and_flagged(town: Town) -> None:
    """The letter has left, the transaction that says so fails: that is no failure of the letter, but a doubt."""
    town.run_script(_FAIL_ONCE)
    town.ask("probeRecord", "doubt")
    wait_for(lambda: bool(town.rows("select 1 as one from probe_fails where is_called")), SOON, "the failing record")
    wait_for(lambda: _states(town, "probe.keyless") == {"done"} or _let_go(town), SOON, "the job done")
    [(key, times)] = town.parties.keyless.keys_of()["doubt"].items()
    assert times == 2
    [job] = town.rows("select state, is_uncertain from job where id = $1::text::uuid", key)
    assert job == {"state": "done", "is_uncertain": True}


def _unfinished(town: Town, job: str) -> int:
    return int(town.rows("select count(*) as n from job where name = $1 and state = 'waiting'", job)[0]["n"])


def _states(town: Town, job: str) -> set[str]:
    return {row["state"] for row in town.rows("select distinct state from job where name = $1", job)}


def _hurry_hints(town: Town) -> bool:
    return _now_and_then(town, _END_HINTS)


def _hurry(town: Town) -> bool:
    return _now_and_then(town, _HURRY)


def _let_go(town: Town) -> bool:
    return _now_and_then(town, _END_HOLDS)


def _now_and_then(town: Town, statement: str) -> bool:
    """Let what waits for its time go on now; False, for it holds for no condition."""
    town.rows(statement)
    time.sleep(0.5)
    return False
