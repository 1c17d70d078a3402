"""Random models in a city, by its own doors: uploaded, tried, begun, worked at, read again by another process."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from leancity.core.db.unit import tenant_tx
from leancity.core.processes.versions.tables import LaneBinding, ProcessVersion
from tests.core.processes.conftest import Desk
from tests.core.processes.fuzzing.models import DECISION, FORM, decisions, models
from tests.core.processes.running.conftest import Works, works

__all__ = ["works"]

SCHEMA = {
    "type": "object",
    "properties": {
        "x": {"type": "integer"},
        "again": {"type": "boolean"},
        "what": {"type": "string"},
        "who": {"type": "string"},
        "place": {"type": "string"},
    },
}
NOWHERE = ("office", "", "nowhere", "\u202e'; drop", "7")
"""Units and people that are named by facts: few of them exist."""
HANGS = 120.0
"""A guard: seconds after which a whole life hangs, however busy the machine."""
LONGEST = 2.0
"""Seconds of the processor for one answer, or for the jobs of one moment: the dry run's are its own."""
_STATES = """
select v.executable, v.process_element, v.names, i.state, i.id, i.status from process_instance i
join process_version v on v.tenant_id = i.tenant_id and v.id = i.version_id
where i.tenant_id = $1 and i.version_id = $2
"""
_WAITS = """
select node_id from work_item where tenant_id = $1 and instance_id = $2
    and state in ('open', 'claimed', 'started', 'suspended')
union all select node_id from process_timer where tenant_id = $1 and instance_id = $2
union all select node_id from message_wait where tenant_id = $1 and instance_id = $2
union all select node_id from service_call where tenant_id = $1 and instance_id = $2 and state in ('waiting', 'failed')
"""
_HEARD = "select name, correlation, kind from message_wait where tenant_id = $1 and instance_id = $2 order by id"


@dataclass(kw_only=True)
class Bench:
    """A city's bench for models. ``states`` gathers what is to be read again, with what was waited for then."""

    works: Works
    numbers: count[int] = field(default_factory=count)
    states: list[tuple[list[Any], list[str]]] = field(default_factory=list)

    async def ask(self, query: str, **variables: Any) -> Any:
        """Return what the only root field answers: in time, and never with an error of ours."""
        begun = time.process_time()
        result = await self.works.city.graphql(query, variables, as_=self.works.clerk)
        assert time.process_time() - begun < LONGEST, f"it hangs: {query}"
        wrong = [error["extensions"]["code"] for error in result.get("errors", ())]
        assert not wrong, (wrong, query, result)
        (answer,) = result["data"].values()
        for error in answer.get("errors", ()):
            assert error["message"] and error["message"] != error["code"] and error["field"], (query, error)
        return answer

    async def do(self, call: str, shown: str = "", **variables: Any) -> Any:
        """Run a mutation, ``$x: Type => field(...)``, and return its payload."""
        head, _, field_ = call.rpartition(" => ")
        query = f"mutation{f'({head})' if head else ''} {{ {field_} {{ errors {{ code field message }} {shown} }} }}"
        return await self.ask(query, **variables)

    async def tested(self, data: bytes, decision: str) -> str | None:
        """Take a drawing to the test stand and return its version's id; None where it was refused on the way."""
        key = f"fuzz_{next(self.numbers)}"
        made = await self.do(f'processCreate(input: {{key: "{key}", title: "x"}})', "process { id }")
        upload = f'$x: String! => processVersionUpload(processId: "{made["process"]["id"]}", xml: $x, kind: TO_BE, '
        kept = (await self.do(f'{upload}processElement: "p")', "version { id }", x=data.decode()))["version"]
        if kept is None:
            return None
        version: str = kept["id"]
        await self.ask(f'{{ processVersion(id: "{version}") {{ findings {{ code message element }} }} }}')
        save = f'$x: String! => processDecisionSave(versionId: "{version}", key: "{DECISION}", xml: $x)'
        await self.do(save, x=decision)
        form = f'processFormSave(versionId: "{version}", key: "{FORM}", dataSchema: $d, uiSchema: $u)'
        await self.do(f"$d: JSON!, $u: JSON! => {form}", d=SCHEMA, u={})
        shown = await self.ask(f'{{ processVersion(id: "{version}") {{ assumptions {{ code message }} }} }}')
        await self.do(f'processVersionConfirm(id: "{version}", amount: {len(shown["assumptions"])})')
        tested = await self.do(f'processVersionTest(id: "{version}")', "version { stage }")
        return version if tested["version"] else None

    async def begun(self, version: str, facts: Mapping[str, Any], *, is_test: bool) -> str | None:
        """Begin a case on the test stand, or as one of production; return its instance's id."""
        if is_test:
            call = f'$f: JSON => processTry(versionId: "{version}", title: "x", facts: $f)'
        else:
            call = f'$f: JSON => processBegin(process: "{await self.published(version)}", title: "x", facts: $f)'
        begun = await self.do(call, "instance { id }", f=facts)
        return begun["instance"] and str(begun["instance"]["id"])

    async def published(self, version: str) -> str:
        """Let new cases take a version: its five steps have tests of their own."""
        sql = (
            "select p.key from process p join process_version v on v.tenant_id = p.tenant_id and v.process_id = p.id "
            "where p.tenant_id = $1 and v.id = $2"
        )
        ((key,),) = await self.works.city.rows(sql, uuid.UUID(version))
        async with self.works.city.serving(), tenant_tx(write=True) as unit:
            row = await ProcessVersion.objects().get(ProcessVersion.id == uuid.UUID(version))
            assert row is not None
            await LaneBinding(process_id=row.process_id, lane="Clerk", unit_id=self.works.unit_id).save()
            published = "update process set production_id = $3 where tenant_id = $1 and id = $2"
            await unit.connection.execute(published, unit.tenant_id, row.process_id, row.id)
        return str(key)

    async def look(self, version: str, instance: str) -> str:
        """Gather an instance's state, which waits for something exactly where it is not over; return its status."""
        rows = await self.works.city.rows(_STATES, uuid.UUID(version))
        (row,) = [row for row in rows if str(row["id"]) == instance]
        waits = sorted(each["node_id"] for each in await self.works.city.rows(_WAITS, uuid.UUID(instance)))
        assert bool(waits) == (row["state"] is not None) == (row["status"] in ("running", "failed")), dict(row)
        if row["state"] is not None:
            asked = [row["executable"], row["process_element"], json.loads(row["names"]), row["state"]]
            self.states.append((asked, waits))
        shown = "{ status waits { kind name } failure { message element } }"
        await self.ask(f'{{ processInstance(id: "{instance}") {shown} }}')
        return str(row["status"])

    async def work(self, instance: str, choice: int) -> None:
        """Do one of the things that an instance waits for, or something that it does not."""
        id_ = uuid.UUID(instance)
        items = await self.works.items(id_)
        open_ = [each for each in items if each["state"] not in ("done", "withdrawn")]
        facts = {"x": choice % 4, "again": choice % 5 == 1, "what": "ab"[choice % 2]}
        named = (str(self.works.clerk.id), *NOWHERE)
        facts |= {"who": named[0 if choice % 4 else choice % 6], "place": NOWHERE[choice % 5]}
        heard = await self.works.city.rows(_HEARD, id_)
        if open_ and choice % 3:
            row = open_[choice % len(open_)]
            item, filled = row["id"], facts if row["form_key"] else {}
            verb = ("Claim", "Start", "Suspend", "Release", "Complete", "Complete", "SendBack")[choice % 7]
            more = {"Complete": ", facts: $f", "Suspend": ', reason: "x"', "SendBack": ', reason: "x"'}.get(verb, "")
            head = "$f: JSON! => " if verb == "Complete" else ""
            given = {"f": filled} if verb == "Complete" else {}
            await self.do(f'{head}workItem{verb}(itemId: "{item}"{more})', "item { id state }", **given)
        elif heard and choice % 2:
            row = heard[choice % len(heard)]
            call = f'processMessage(name: "{row["name"]}", correlation: $c, instanceId: "{instance}", facts: $f)'
            await self.do(f"$f: JSON, $c: String! => {call}", f=facts, c=row["correlation"])
        elif choice % 5 == 4:
            await self.do(f'processRetry(id: "{instance}")')
        else:
            begun = time.process_time()
            await self.works.let_timers_run_out(id_)
            assert time.process_time() - begun < LONGEST, "a job hangs"

    def read_again(self) -> None:
        """Let another process read every state there was."""
        asked = json.dumps([state for state, _ in self.states])
        command = [sys.executable, "-m", "tests.core.processes.fuzzing.reloading"]
        done = subprocess.run(command, input=asked, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr[-2000:]
        for (state, waits), found in zip(self.states, json.loads(done.stdout), strict=True):
            assert found == waits, state


@pytest_asyncio.fixture
async def bench(works: Works, desk: Desk) -> Bench:
    await works.city.subscribe("desk")
    return Bench(works=works)


async def _lives(bench: Bench, data: bytes, decision: str, choices: list[int]) -> None:
    version = await bench.tested(data, decision)
    if version is None:
        return
    facts = {
        "x": choices[0] % 4,
        "xs": [1, 2, 3],
        "what": "a",
        "again": False,
        "who": str(bench.works.clerk.id),
        "place": "office",
    }
    instance = await bench.begun(version, facts, is_test=choices[0] % 2 == 0)
    if instance is None:
        return
    for choice in choices:
        if await bench.look(version, instance) not in ("running", "failed"):
            break
        await bench.work(instance, choice)


FOUND_ONCE = (Phase.explicit, Phase.generate)
"""What fails is told as it was drawn. Made smaller, it would live hundreds of lives more: minutes without a word, which
cannot be told from a hang."""
quiet = settings(deadline=None, database=None, phases=FOUND_ONCE, suppress_health_check=list(HealthCheck))


@pytest.mark.long
@settings(quiet, max_examples=10)
@given(models(is_odd=False), decisions, st.lists(st.integers(0, 59), min_size=8, max_size=8))
async def test_some_models_live_in_a_city(bench: Bench, data: bytes, decision: str, choices: list[int]) -> None:
    async with asyncio.timeout(HANGS):
        await _lives(bench, data, decision, choices)
    bench.read_again()


@pytest.mark.long
@settings(quiet, max_examples=150, derandomize=False, print_blob=True)
@given(models(), decisions, st.lists(st.integers(0, 59), min_size=15, max_size=15))
async def test_many_models_live_in_a_city(bench: Bench, data: bytes, decision: str, choices: list[int]) -> None:
    bench.states.clear()
    async with asyncio.timeout(HANGS):
        await _lives(bench, data, decision, choices)
    if bench.states:
        bench.read_again()
