"""Negative control of the matrix: whichever one guard is taken out, at least one of its cells turns."""

from __future__ import annotations

from collections import defaultdict
from typing import TypeAlias

import pytest

from leancity.graphql.schema import Schema
from tests.security.asking import Desk, InProcess
from tests.security.keys import rows_of
from tests.security.matrix import all_questions, full_schema
from tests.security.questions import Broken, Question
from tests.security.sites import Site
from tests.security.switches import Checks, Guards, grant_to_all_but_guards
from tests.security.world import World

NOBODY_MUCH = "neighbour"
"""An account that was granted nothing: every guard that asks for a permission stops it."""
DENIED = (
    "anonymous",
    "neighbour",
    "mup_clerk",
    "parks_clerk",
    "clerk",
    "token",
    "operator_in",
    "admin",
    "resident",
    "chief_token",
)
"""Who is refused somewhere, those first who are refused most. The chief is not."""

Refused: TypeAlias = tuple[bool, bool, Question, str]
"""A question and who asked it in vain; before them, whether the site was not the last one asked, and for a deed."""


@pytest.fixture(scope="module")
def schema() -> Schema:
    return full_schema()


@pytest.mark.long
async def test_every_guard_of_the_schema_holds_somebody_back(
    world: World, schema: Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    guards = Guards(monkeypatch)
    grant_to_all_but_guards(monkeypatch)
    desk = Desk(world=world, door=InProcess(schema=schema, world=world))
    questions: dict[str, Question] = {}
    for question in all_questions(schema):
        questions.setdefault(question.row.key, question)
    needless, asked = [], 0
    for row in rows_of(schema):
        guards.on = row.guards  # none but the row's own: the way to a type is guarded too, often by the same permission
        before = await _outcome(desk, questions[row.key], NOBODY_MUCH) if row.guards else ""
        assert before[:1] in {"", "-"}, f"{row.key}: {NOBODY_MUCH} was let in: {before}"
        for guard in row.guards:
            guards.on = [each for each in row.guards if each is not guard]
            asked += 1
            if await _outcome(desk, questions[row.key], NOBODY_MUCH) == before:
                needless.append(f"{row.key}: {guard.permission}")
    assert asked >= 100, "the guards are looked for in the wrong place"
    needless = [each for each in needless if not each.startswith(FOR_WHO_FITS)]
    assert not needless, "taking these guards out changes nothing:\n" + "\n".join(needless)


async def _outcome(desk: Desk, question: Question, name: str) -> str:
    return question.outcome(await desk.ask(question, name), desk.world.ids)


_COUNT = "a page reads its rows before it counts them, and reading them is refused first"
_PRIVATE = "this world keeps its list to staff; where a city shows it to all, this check alone asks"
_EVERY_CASE = "in this world who may change routing rules may read every case"
_RULES = "list_rules, by which the rule is looked up, asks for the same permission"
_MOVE = "the move asks for the same permission; before it, so that a stranger learns nothing of bodies and places"
_BEFORE = "refuses before anything is looked up or locked; _check_reach asks for the same permission afterwards"

_OF_ONE = "every way to it leads through the one it is of, which was read"
_PUBLISHER = "before drawings are worked through; require_publisher asks the same people"

FOR_WHO_FITS = ("WorkItem [", "WorkItemForm [")
"""Their fields are guarded beside the item itself, which is only there for who fits it: nobody else comes so far."""

UNTRODDEN = {
    "core/cases/filing.py file_case: current_principal().require(case_kind.filing_permission)": "no kind has one",
    "core/cases/reads.py read_case: find_case(case_id, permission=READ)": "no door leads there yet",
    "core/clock/city.py clear_hours: current_principal().require(CHANGE)": "customReset of core.calendar",
    "core/files/service.py readable_file: reached(READ, existing)": "HTTP GET /files",
    "core/processes/figures/logs/importing.py import_path: current_principal().require(CHANGE)": "the command leancity "
    "process import-log",
    "core/processes/registry/importing/running.py import_registry: current_principal().require(CHANGE)": "the command "
    "leancity registry import",
    "core/processes/registry/routes.py registry_template: who.require(READ)": "HTTP GET /processes/registry",
    "core/processes/running/reading.py read_facts: require_reach(READ_CASE, case, field='id')": "the world's instance "
    "moves a case of the kernel's own kind; tests/modules/staff_attestation asks for one of a module's",
    "core/notifications/people.py may_see: reached(READ, [case.id])": "the job core.notify",
    "core/notifications/still.py _seen: reached(READ, ids)": "the job core.send_notification",
    "core/identity/access.py access_key: current_principal().require('core.access.ask')": "the command leancity access",
    "core/identity/access.py ask_access: current_principal().require('core.access.ask')": "the command leancity access",
    "core/identity/oidc/routes.py start: current_principal().require_session()": "HTTP GET /auth/{key:str}/start",
    "modules/city_problems/duplicates/marking.py require_original: "
    "find_case(case_id, permission=TRIAGE, field='id')": "cityProblemsRefuse of a duplicate; its move asks the same",
    "modules/city_problems/open311/keys.py require_key: who.require(SUBMIT)": "HTTP POST /m/city_problems/open311",
    "modules/city_problems/seen.py seeing: bounds(READ)": _PRIVATE,
}
"""A check that no row of the matrix passes → by which other door it is asked."""
BESIDE_ANOTHER = {
    "modules/city_problems/following/answering.py marks_of: reached(READ, case_ids)": _PRIVATE,
    "modules/city_problems/forwarding/reading.py forwardings_of: reached(READ, case_ids)": _PRIVATE,
    "modules/city_problems/forwarding/sending.py forward: find_case(case_id, permission=TRIAGE, field='id')": _MOVE,
    "modules/city_problems/questions/schema_types.py answers: reached(READ, ids)": _PRIVATE,
    "modules/city_problems/reading.py originals_of: reached(READ, case_ids)": _PRIVATE,
    "modules/city_problems/reading.py reporter_of: find_case(case_id, permission=READ, field='id')": _PRIVATE,
    "modules/city_problems/service.py send: require_reach(ASSIGN, case)": "in this world who may send may hand over",
    "modules/city_problems/routing/trial.py count_trials: current_principal().require(SETTINGS)": _COUNT,
    "modules/city_problems/routing/trial.py examples: reached(READ, cases)": _EVERY_CASE,
    "core/audit/reading.py count_rows: current_principal().require(READ_LOG)": _COUNT,
    "core/figures/listing.py count_figures: current_principal().require(READ)": _COUNT,
    "core/cases/reach.py require_reach: current_principal().require(permission)": "tells a stranger to sign in",
    "core/cases/reach.py require_reach: reached(READ, [case.id])": "parts what is forbidden from what is not there",
    "core/cases/reads.py read_parts: within(READ)": "every way to a part leads through its case, which was reached",
    "core/identity/access.py count_accesses: current_principal().require(DECIDE)": _COUNT,
    "core/notifications/deliveries.py count_deliveries: current_principal().require(MANAGE)": _COUNT,
    "core/identity/accounts.py _person_to_change: who.require(CHANGE)": _BEFORE,
    "core/notifications/managing.py add_rule: current_principal().require(MANAGE)": _RULES,
    "core/notifications/managing.py change_rule: current_principal().require(MANAGE)": _RULES,
    "core/notifications/managing.py reset_rule: current_principal().require(MANAGE)": _RULES,
    "core/identity/accounts.py invite_person: current_principal().require(CHANGE)": _BEFORE,
    "core/identity/erasure.py count_erasures: current_principal().require(ERASE)": _COUNT,
    "core/identity/people.py count_people: current_principal().require(READ)": _COUNT,
    "core/processes/registry/listing.py count_functions: current_principal().require(READ)": _COUNT,
    "core/processes/registry/listing.py count_positions: current_principal().require(READ)": _COUNT,
    "core/processes/registry/listing.py count_powers: current_principal().require(READ)": _COUNT,
    "core/processes/registry/listing.py count_systems: current_principal().require(READ)": _COUNT,
    "core/processes/registry/matrix.py count_duties: current_principal().require(READ)": _COUNT,
    "core/processes/registry/scoring.py count_ranked: current_principal().require(READ)": _COUNT,
    "core/processes/reports/indicator_readings.py read_indicator: current_principal().require(READ)": _OF_ONE,
    "core/processes/reports/runs.py count_runs: current_principal().require(READ)": _COUNT,
    "core/processes/running/move_runs.py count_moving: current_principal().require(READ)": _COUNT,
    "core/processes/running/moving.py require_target: current_principal().require(PUBLISH)": _PUBLISHER,
    "core/processes/running/reading.py count_instances: current_principal().require(READ)": _COUNT,
    "core/processes/running/reading.py read_facts: current_principal().require(READ)": _OF_ONE,
    "core/processes/running/reading.py read_waits: current_principal().require(READ)": _OF_ONE,
    "core/processes/running/workload.py candidates: who.require(WORK)": "in this world who may assign work may do it",
    "core/processes/versions/drafts.py assumptions_of: current_principal().require(READ)": _OF_ONE,
    "core/processes/versions/drafts.py confirm_version: current_principal().require(CHANGE)": "what is "
    "confirmed is read before; in this world who may read processes may change them",
    "core/processes/versions/publishing.py begin_trial: current_principal().require(PUBLISH)": _PUBLISHER,
    "core/processes/packages/rows.py count_adoptions: current_principal().require(READ)": _COUNT,
    "core/processes/packages/landing.py land: current_principal().require(CHANGE)": "before anything is worked out; "
    "create_process asks for the same permission, but an upgrade makes no process",
}
"""A check without which no cell turns, since another refuses the same people → what it is there for."""


@pytest.mark.long
async def test_every_check_of_the_services_holds_somebody_back(
    world: World, schema: Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    Guards(monkeypatch)  # none of them asks
    checks = Checks(monkeypatch)
    desk = Desk(world=world, door=InProcess(schema=schema, world=world))
    passed = await _passed(desk, checks, all_questions(schema))
    untrodden = {str(site) for site in checks.sites if site not in passed}
    needless = {str(site) for site, cells in passed.items() if not await _turns_one(desk, checks, site, cells)}
    told = _difference("no row passes", untrodden, "UNTRODDEN", {*UNTRODDEN})
    told += _difference("no cell turns without", needless, "BESIDE_ANOTHER", {*BESIDE_ANOTHER})
    assert not told, "\n".join(told)


async def _passed(desk: Desk, checks: Checks, questions: list[Question]) -> dict[Site, list[Refused]]:
    """Return of every site the cells that are not a plain + and on whose way it was asked, the likeliest first."""
    found: dict[Site, list[Refused]] = defaultdict(list)
    for question in questions:
        for name in DENIED:
            checks.begin()
            cell = question.cell(await desk.ask(question, name), desk.world.ids)
            for site in {*checks.passed}:
                found[site] += [] if cell == "+" else [(site != checks.passed[-1], bool(question.deed), question, name)]
    return {site: sorted(cells, key=lambda each: each[:2]) for site, cells in found.items()}


async def _turns_one(desk: Desk, checks: Checks, site: Site, cells: list[Refused]) -> bool:
    """Tell whether a cell turns with the site taken out."""
    for _, _, question, name in cells:
        before = await _cell(desk, checks, question, name)
        if await _cell(desk, checks, question, name, out=site) != before:
            return True
    return False


async def _cell(desk: Desk, checks: Checks, question: Question, name: str, out: Site | None = None) -> str:
    try:
        checks.begin(out)
        return question.cell(await desk.ask(question, name), desk.world.ids)
    except Broken:  # without the check the service stumbles further on: the answer is another one
        return "?"


def _difference(what: str, found: set[str], table: str, known: set[str]) -> list[str]:
    new = [f"{what} {each}: let a row turn by it, or say in {table} why none does" for each in sorted(found - known)]
    return [*new, *(f"{each}: take it off {table}, a row turns by it" for each in sorted(known - found))]
