"""Trial, production and the ways back: by whom, one at a time, each city for itself."""

from __future__ import annotations

import asyncio

from tests.core.processes.versions.conftest import CHANGE, PROCESS, PUBLISH, READ, MakeWorkshop, Workshop
from tests.core.processes.versions.models import permit


async def test_the_owner_publishes_or_the_administration(workshop: Workshop) -> None:
    process = await workshop.process()
    version = await workshop.on_trial(process["id"])
    publish = f'processPublish(versionId: "{version["id"]}")'
    for who in (workshop.chief, workshop.analyst, workshop.colleague):
        answer = await workshop.city.graphql(f"mutation {{ {publish} {{ errors {{ code }} }} }}", as_=who)
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    administrator = await workshop.city.user(READ, PUBLISH, "core.settings.change")
    done = await workshop.done(publish, PROCESS, as_=administrator)
    assert done["productionId"] == version["id"]


async def test_without_an_owner_whoever_may_publish_does(workshop: Workshop) -> None:
    process = await workshop.process(owner=False)
    version = await workshop.on_trial(process["id"])
    done = await workshop.done(f'processPublish(versionId: "{version["id"]}")', PROCESS, as_=workshop.chief)
    assert done["productionId"] == version["id"]


async def test_back_to_the_version_before_and_out_of_production(workshop: Workshop) -> None:
    process = await workshop.process()
    back = f'processRollBack(processId: "{process["id"]}")'
    retire = f'processRetire(processId: "{process["id"]}")'
    assert await workshop.codes(back, PROCESS, as_=workshop.owner) == ["process_nothing_before"]
    assert await workshop.codes(retire, PROCESS, as_=workshop.owner) == ["process_not_in_production"]
    first, second = [await _published(workshop, process["id"], word) for word in ("", " и выдать")]
    stages = f'{{ process(id: "{process["id"]}") {{ versions {{ id stage }} }} }}'
    assert _stages(await workshop.ask(stages)) == {first: "RETIRED", second: "PRODUCTION"}
    after = await workshop.done(back, PROCESS, as_=workshop.owner)
    assert (after["productionId"], after["beforeId"]) == (first, second)
    assert _stages(await workshop.ask(stages)) == {first: "PRODUCTION", second: "RETIRED"}
    after = await workshop.done(retire, PROCESS, as_=workshop.owner)
    assert (after["productionId"], after["beforeId"]) == (None, None)


async def test_a_trial_ends_and_another_may_begin(workshop: Workshop) -> None:
    process = await workshop.process()
    first = await workshop.on_trial(process["id"])
    second = await workshop.tested(process["id"], permit(" и выдать"))
    await workshop.agreed(second["id"])
    waive = f'processMeasuresWaive(versionId: "{second["id"]}", reason: "x")'
    await workshop.done(waive, "errors { code } measure { id }")
    begin = f'processTrialBegin(versionId: "{second["id"]}", unitIds: ["{workshop.unit}"])'
    assert await workshop.codes(begin, PROCESS, as_=workshop.owner) == ["process_trial_taken"]
    end = f'processTrialEnd(versionId: "{first["id"]}")'
    assert (await workshop.done(end, PROCESS, as_=workshop.owner))["trialId"] is None
    assert (await workshop.done(begin, PROCESS, as_=workshop.owner))["trialId"] == second["id"]
    assert await workshop.codes(end, PROCESS, as_=workshop.owner) == ["process_not_on_trial"]


async def test_of_two_who_publish_at_once_one_does(workshop: Workshop) -> None:
    process = await workshop.process()
    version = await workshop.on_trial(process["id"])
    at = (await workshop.ask(f'{{ process(id: "{process["id"]}") {{ version }} }}'))["version"]
    publish = f'processPublish(versionId: "{version["id"]}", expectedVersion: {at})'
    answers = await asyncio.gather(*(workshop.do(publish, PROCESS, as_=workshop.owner) for _ in range(4)))
    codes = sorted(str(answer["errors"][0]["code"]) if answer["errors"] else "" for answer in answers)
    assert codes == ["", "process_changed", "process_changed", "process_changed"]
    rows = await workshop.city.rows(
        "select 1 from audit_event where tenant_id = $1 and action = 'core.process.published'"
    )
    assert len(rows) == 1


async def test_another_citys_process_does_not_exist(make_workshop: MakeWorkshop) -> None:
    ours, theirs = await make_workshop(), await make_workshop()
    process = await theirs.process()
    version = await theirs.uploaded(process["id"])
    everything = await ours.city.user(READ, CHANGE, PUBLISH, "core.settings.change")
    for deed in (
        f'processVersionTest(id: "{version["id"]}")',
        f'processVersionRemove(id: "{version["id"]}")',
        f'processVersionConfirm(id: "{version["id"]}", amount: 0)',
        f'processContentRemove(versionId: "{version["id"]}", key: "x")',
    ):
        assert await ours.codes(deed, "errors { code }", as_=everything) == ["not_found"], deed
    found = await ours.city.data(
        f'{{ process(id: "{process["id"]}") {{ id }} processVersion(id: "{version["id"]}") {{ id }}'
        " processes { totalCount } }",
        as_=everything,
    )
    assert found == {"process": None, "processVersion": None, "processes": {"totalCount": 0}}


async def test_processes_are_found_by_what_is_told_of_them(workshop: Workshop) -> None:
    await workshop.process("permit_one")
    other = await workshop.process("other", owner=False)
    version = await workshop.uploaded(other["id"])
    listed = "{ processes(filter: {%s}) { totalCount edges { node { key versions { id } } } } }"
    for wanted, keys in {
        "": ["other", "permit_one"],
        'text: "PERMIT_"': ["permit_one"],
        f'ownerId: "{workshop.owner.id}"': ["permit_one"],
        "stage: DRAFT": ["other"],
        "stage: PRODUCTION": [],
        'reviewUntil: "2030-01-01"': [],
        f'unitId: "{workshop.unit}"': ["other", "permit_one"],
    }.items():
        found = await workshop.ask(listed % wanted)
        assert [edge["node"]["key"] for edge in found["edges"]] == keys, wanted
        assert found["totalCount"] == len(keys)
    found = await workshop.ask(listed % 'text: "other"')
    assert found["edges"][0]["node"]["versions"] == [{"id": version["id"]}]


async def _published(workshop: Workshop, process_id: str, word: str) -> str:
    version = await workshop.on_trial(process_id, permit(word))
    await workshop.done(f'processPublish(versionId: "{version["id"]}")', PROCESS, as_=workshop.owner)
    return str(version["id"])


def _stages(found: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return {each["id"]: each["stage"] for each in found["versions"]}
