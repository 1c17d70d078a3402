"""What is another city's, or of a module that the city has not, does not exist on any path; a stranger gets nowhere."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from leancity.core.customs.history import history
from leancity.core.geo.territories import save_territory
from leancity.core.identity.access import ask_access
from leancity.core.identity.roles import NewGrant, grant_role, save_role
from leancity.core.testing.city import TestUser
from leancity.graphql.kernel import MUTATIONS, QUERIES
from leancity.graphql.schema import root_fields
from leancity.modules.city_problems.demo import load_categories
from leancity.modules.city_problems.service import NewReport, report
from tests.graphql.kernel.conftest import MakeOffice, Office
from tests.graphql.kernel.process_analytics import ANALYTICS_MIXED, ANALYTICS_OWN, furnished_analytics
from tests.graphql.kernel.process_figures import FIGURES_MIXED
from tests.graphql.kernel.process_owner_reports import OWNER_REPORTS_MIXED, OWNER_REPORTS_OWN, reported_in
from tests.graphql.kernel.process_practices import PRACTICE_MIXED, PRACTICE_OWN, adopted_in
from tests.graphql.kernel.process_registry import REGISTRY_MIXED, REGISTRY_OWN, furnished_registry
from tests.graphql.kernel.process_running import RUNNING_MIXED, furnished_processes
from tests.graphql.kernel.process_versions import VERSION_MIXED, drawn_in
from tests.graphql.kernel.process_work import WORK_MIXED, WORK_OWN, furnished_work

ERRORS = "{ errors { code } }"
RESULTS = "{ errors { code } results { errors { code } case { id } } }"
PUBLIC = {
    "viewer",
    "city",
    "sign_in",
    "sign_in_by_code",
    "sign_in_code_request",
    "sign_out",
    "sign_in_providers",
    "invitation_accept",
    "password_reset_request",
    "password_reset",
    "resident_register",
    "email_confirm",
    "file_upload_begin",
}

# A path, and what it answers for ids that are not there. (Words in capitals are filled with the ids of an office.)
PATHS: list[tuple[str, str]] = [
    ('case(id: "CASE") { number }', "null"),
    ('inbox(filter: {number: "NUMBER"}) { edges { node { id } } }', "nothing"),
    ('inbox(filter: {text: "NUMBER"}) { edges { node { id } } }', "nothing"),
    ('inbox(filter: {unitId: "UNIT"}) { totalCount }', "nothing"),
    ('inbox(filter: {assigneeId: "USER"}) { totalCount }', "nothing"),
    ('my_case(id: "CASE") { number }', "NOT_FOUND"),
    ('case_move(caseId: "CASE", transition: "sort") ERRORS', "not_found"),
    ('case_assign(caseId: "CASE") ERRORS', "not_found"),
    ('case_hand_over(caseId: "CASE", receiverId: "OUR_PARKS") ERRORS', "not_found"),
    ('case_hand_over_accept(handoverId: "HANDOVER") ERRORS', "not_found"),
    ('case_hand_over_return(handoverId: "HANDOVER", reason: "x") ERRORS', "not_found"),
    ('case_hand_over_withdraw(handoverId: "HANDOVER") ERRORS', "not_found"),
    ('case_comment(caseId: "CASE", body: "x") ERRORS', "not_found"),
    ('case_attach(caseId: "CASE", fileId: "OUR_FILE") ERRORS', "not_found"),
    ('case_relate(caseId: "CASE", otherId: "OTHER", kind: RELATED) ERRORS', "not_found"),
    ('case_unrelate(relationId: "RELATION") ERRORS', "not_found"),
    ('case_pause(caseId: "CASE", reason: "x") ERRORS', "not_found"),
    ('case_resume(caseId: "CASE") ERRORS', "not_found"),
    ('case_extend(termId: "TERM", reason: "x", amount: 1, unit: WORKING_DAYS) ERRORS', "not_found"),
    ('case_bulk_assign(ids: ["CASE"]) RESULTS', "not_found"),
    ('case_bulk_hand_over(ids: ["CASE"], receiverId: "OUR_PARKS") RESULTS', "not_found"),
    ('case_bulk_move(ids: ["CASE"], transition: "sort") RESULTS', "not_found"),
]
# What is another city's in the hands of one of our cases.
MIXED: list[tuple[str, str]] = [
    *WORK_MIXED,
    *VERSION_MIXED,
    *REGISTRY_MIXED,
    *RUNNING_MIXED,
    *FIGURES_MIXED,
    *PRACTICE_MIXED,
    *ANALYTICS_MIXED,
    *OWNER_REPORTS_MIXED,
    ('person_invite(login: "x", name: "x", email: "x@example.org", unitId: "UNIT") ERRORS', "not_found"),
    ('person_deactivate(userId: "USER") ERRORS', "not_found"),
    ('person_activate(userId: "USER") ERRORS', "not_found"),
    ('person_totp_reset(userId: "USER") ERRORS', "FORBIDDEN"),  # asked with a token; tests/core/identity with a session
    ('unit(id: "UNIT") { key }', "null"),
    ('unit_change(id: "UNIT", input: {key: "x", title: "x"}) ERRORS', "not_found"),
    ('unit_add(input: {key: "x", title: "x", parentId: "UNIT"}) ERRORS', "not_found"),
    ('unit_add(input: {key: "x", title: "x", headId: "USER"}) ERRORS', "not_found"),
    ('person(id: "USER") { name }', "null"),
    ('people(unitId: "UNIT") { totalCount }', "nothing"),
    ('person_change(userId: "USER", name: "x") ERRORS', "not_found"),
    ('role_grant(userId: "USER", role: "core.executor") ERRORS', "not_found"),
    ('role_grant(userId: "OUR_USER", role: "core.executor", unitId: "UNIT") ERRORS', "not_found"),
    ('role_grant(userId: "OUR_USER", role: "core.executor", territoryId: "TERRITORY") ERRORS', "not_found"),
    ('role_grant_preview(userId: "USER", role: "ROLE") { problems { code } }', "ROLE_UNKNOWN"),
    ('role_revoke(grantId: "GRANT") ERRORS', "not_found"),
    ('operator_access_decide(id: "ACCESS", isGranted: true) ERRORS', "not_found"),
    ('operator_access_end(id: "ACCESS") ERRORS', "not_found"),
    ('case_assign(caseId: "OUR_CASE", userId: "USER") ERRORS', "not_found"),
    ('case_hand_over(caseId: "OUR_CASE", receiverId: "UNIT") ERRORS', "not_found"),
    ('case_attach(caseId: "OUR_CASE", fileId: "FILE", claim: "CLAIM") ERRORS', "not_found"),
    ('case_relate(caseId: "OUR_CASE", otherId: "CASE", kind: RELATED) ERRORS', "not_found"),
    ('case_relate(caseId: "CASE", otherId: "OUR_CASE", kind: CHILD_OF) ERRORS', "not_found"),
    ('case_bulk_assign(ids: ["OUR_CASE"], userId: "USER") RESULTS', "not_found"),
    ('case_bulk_hand_over(ids: ["OUR_CASE"], receiverId: "UNIT") RESULTS', "not_found"),
    ('case_filter_rename(filterId: "FILTER", name: "x") ERRORS', "not_found"),
    ('case_filter_delete(filterId: "FILTER") ERRORS', "not_found"),
    ('audit_log(filter: {actorId: "USER"}) { edges { node { id } } }', "nothing"),
    ('audit_log(filter: {subjectId: "CASE"}) { totalCount }', "nothing"),
    ('person_erase(personId: "USER", reason: "x") ERRORS', "not_found"),
    ('custom_undo(changeId: "CUSTOM") ERRORS', "not_found"),
    ('notification_deliveries(caseId: "CASE") { totalCount }', "nothing"),
]
# Paths that lead to the city's own and the viewer's own only.
OWN = [
    *WORK_OWN,
    *ANALYTICS_OWN,
    *OWNER_REPORTS_OWN,
    *REGISTRY_OWN,
    *PRACTICE_OWN,
    "my_cases { totalCount }",
    "people { totalCount }",
    "territories { key }",
    "permissions { name }",
    "roles { key }",
    'role_preview(key: "x", permissions: []) { problems { code } }',
    'role_save(key: "x", title: "x", permissions: []) ERRORS',
    'role_delete(key: "x") ERRORS',
    "operator_accesses { totalCount }",
    'territory_save(key: "x", title: "x", area: "x") ERRORS',
    'unit_add(input: {key: "x", title: "x"}) ERRORS',
    "my_sessions { id }",
    "my_tokens { id }",
    'session_close(id: "CASE") ERRORS',
    "sessions_close_others ERRORS",
    'profile_change(phone: "1") ERRORS',
    'password_change(current: "x", new: "y") ERRORS',
    'totp_begin(password: "x") ERRORS',
    'totp_confirm(code: "000000") ERRORS',
    'totp_disable(password: "x", code: "000000") ERRORS',
    'token_create(title: "x", days: 1) ERRORS',
    'token_revoke(id: "CASE") ERRORS',
    "units { key }",
    "case_kinds { key }",
    "inbox_counts { mine }",
    "case_filters { name }",
    "external_identities { id }",
    'external_identity_unlink(id: "CASE") ERRORS',
    'case_filter_save(name: "x", filter: {}) ERRORS',
    'module_settings(module: "city_problems") { title }',
    "settings_change(changes: {cityProblems: {}}) ERRORS",
    "custom_collections { name }",
    'custom_items(collection: "core.names") { key }',
    "custom_history { totalCount }",
    'custom_change(collection: "core.names", key: "x", values: {ru: "x"}) ERRORS',
    'custom_reset(collection: "core.names", key: "x") ERRORS',
    "work_calendar { zone }",
    "work_hours_set(weekly: []) ERRORS",
    'work_day_set(day: "2026-12-31", kind: FULL, reason: "x") ERRORS',
    'work_day_clear(day: "2026-12-31") ERRORS',
    "erasures { edges { node { id } } }",
    "notifications { totalCount }",
    "unread_notifications",
    "notification_preferences { keys { key } }",
    "notification_rules { key }",
    'notification_preview(key: "core.closed") { text }',
    'notifications_read(ids: ["CASE"]) ERRORS',
    "notification_preferences_change(modes: []) ERRORS",
    'notification_rule_change(key: "core.closed", isOn: true) ERRORS',
    'notification_rule_add(input: {title: "x", event: "closed", audience: "author", channels: [INAPP]}) ERRORS',
    'notification_rule_reset(key: "core.closed") ERRORS',
    "published_figures { totalCount }",
    'figures_preview(month: "2026-01") { city }',
    'figures_comparison(month: "2026-01", subject: "city_problems.report", measure: "closed") { unit }',
    'figures_publish(month: "2026-01") ERRORS',
    'figures_withdraw(month: "2026-01") ERRORS',
]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two cities, each with one of everything. Made once: all that is tried here changes nothing."""

    ours: Office
    theirs: Office
    our_ids: dict[str, str]
    their_ids: dict[str, str]

    async def outcome(self, path: str, *, ids: dict[str, str], as_: TestUser | None) -> str:
        """Return what a path of our city answers: ``null``, ``nothing``, ``something``, ``done`` or an error's code."""
        for word, id_ in {"RESULTS": RESULTS, "ERRORS": ERRORS, **ids}.items():
            path = path.replace(f"OUR_{word}", self.our_ids.get(word, "")).replace(word, id_)
        name, dot, rest = path.partition("(") if "(" in path.partition("{")[0] else path.partition(" ")
        kind = (
            "mutation" if name in {field.python_name for root in MUTATIONS for field in root_fields(root)} else "query"
        )
        head, *words = name.split("_")
        query = f"{kind} {{ answer: {head}{''.join(word.title() for word in words)}{dot}{rest} }}"
        result = await self.ours.city.graphql(query, as_=as_)
        if "errors" in result:
            return str(result["errors"][0]["extensions"]["code"])
        return _outcome(result["data"]["answer"])


def _outcome(answer: Any) -> str:
    if answer is None:
        return "null"
    for result in [answer, *(answer.get("results") or [])] if isinstance(answer, dict) else []:
        for error in result.get("errors", ()):
            return str(error["code"])
    if isinstance(answer, dict) and "errors" in answer:
        return "done"
    return "nothing" if answer in ({"edges": []}, {"totalCount": 0}) else "something"


_made: list[Pair] = []


@pytest_asyncio.fixture
async def pair(make_office: MakeOffice) -> Pair:
    if not _made:
        ours, theirs = await make_office(), await make_office()
        _made.append(Pair(ours=ours, theirs=theirs, our_ids=await _all_of(ours), their_ids=await _all_of(theirs)))
    return _made[0]


async def _all_of(office: Office) -> dict[str, str]:
    """Return the ids of one of everything, with the kernel's own processes, which stay when a module goes."""
    return {
        **await furnished(office),
        **await furnished_work(office),
        **await furnished_processes(office),
        **await drawn_in(office),
        **await adopted_in(office),
        **await furnished_analytics(office),
        **await reported_in(office),
    }


async def furnished(office: Office) -> dict[str, str]:
    """Return the ids of one of everything."""
    case, other = await office.filed("Яма", unit=office.roads), await office.filed("Яма", unit=office.roads)
    await office.done(f'caseAssign(caseId: "{case["id"]}", userId: "{office.dispatcher.id}")')
    await office.done(f'caseComment(caseId: "{case["id"]}", body: "x")')
    offering = f'caseHandOver(caseId: "{case["id"]}", receiverId: "{office.parks}")'
    relating = f'caseRelate(caseId: "{case["id"]}", otherId: "{other["id"]}", kind: DUPLICATE_OF)'
    (offer,) = (await office.done(offering, fields="handovers { id }"))["handovers"]
    parts = await office.done(relating, fields="relations { id } terms { id }")
    file = await office.uploaded(as_=office.dispatcher)
    filter_ = await office.ask('mutation { caseFilterSave(name: "mine", filter: {}) { filter { id } } }')
    return {
        "CASE": case["id"],
        "OTHER": other["id"],
        "NUMBER": case["number"],
        "HANDOVER": offer["id"],
        "RELATION": parts["relations"][0]["id"],
        "TERM": parts["terms"][0]["id"],
        "UNIT": office.roads,
        "PARKS": office.parks,
        "USER": str(office.dispatcher.id),
        "FILE": file["id"],
        "CLAIM": file["claim"],
        **await _rights(office),
        **await furnished_registry(office),
        "FILTER": filter_["filter"]["id"],
    }


async def _rights(office: Office) -> dict[str, str]:
    ring = [[142.7, 46.93], [142.71, 46.93], [142.71, 46.94], [142.7, 46.93]]
    async with office.city.serving():
        territory = await save_territory("centre", "x", json.dumps({"type": "Polygon", "coordinates": [ring]}))
        role = await save_role(f"role-{uuid.uuid4().hex}", "x", [])
        (custom,) = await history("core.roles", role.key, limit=1)
        grant = await grant_role(NewGrant(user_id=office.gardener.id, role=role.key))
        access = await ask_access("ivan", "x", 1)
    return {
        "TERRITORY": str(territory.id),
        "GRANT": str(grant.id),
        "ACCESS": str(access.id),
        "ROLE": role.key,
        "CUSTOM": str(custom.id),
    }


def test_every_field_of_the_kernel_stands_in_the_table() -> None:
    fields = {field.python_name for root in (*QUERIES, *MUTATIONS) for field in root_fields(root)}
    tried = {path.replace("(", " ").split()[0] for path in [*OWN, *(path for path, _ in [*PATHS, *MIXED])]}
    assert tried == fields - PUBLIC


@pytest.mark.parametrize(("path", "outcome"), [*PATHS, *MIXED])
async def test_another_citys_does_not_exist(pair: Pair, path: str, outcome: str) -> None:
    ids = {**pair.their_ids, "NUMBER": pair.our_ids["NUMBER"].replace("000001", "999999")}
    assert await pair.outcome(path, ids=ids, as_=pair.ours.dispatcher) == outcome


@pytest.mark.parametrize("path", [*OWN, *(path for path, _ in [*PATHS, *MIXED])])
async def test_a_stranger_gets_nowhere(pair: Pair, path: str) -> None:
    assert await pair.outcome(path, ids=pair.our_ids, as_=None) == "NOT_SIGNED_IN"


async def test_files_of_cases_go_and_come_with_the_module(office: Office) -> None:
    async with office.city.serving():
        await load_categories()
        case = (await report(NewReport(category="pothole", text="A deep hole", lat=46.9591, lon=142.738))).id
    file = await office.uploaded()
    hanging = f'caseAttach(caseId: "{case}", fileId: "{file["id"]}", claim: "{file["claim"]}", visibility: PUBLIC)'
    (hung,) = (await office.done(hanging, fields="files { url }"))["files"]

    async def statuses() -> list[int]:
        return [
            (await office.city.request("GET", hung["url"], as_=who)).status_code for who in (None, office.dispatcher)
        ]

    assert await statuses() == [200, 200]
    await office.city.leave("city_problems")
    assert await statuses() == [404, 404]
    await office.city.subscribe("city_problems")
    assert await statuses() == [200, 200]


async def test_the_paths_lead_somewhere_and_end_with_the_module(make_office: MakeOffice) -> None:
    office = await make_office()
    ids = await furnished(office)
    pair = Pair(ours=office, theirs=office, our_ids=ids, their_ids=ids)
    assert await pair.outcome(PATHS[0][0], ids=ids, as_=office.dispatcher) == "something"
    for path, outcome in PATHS[1:5]:
        assert await pair.outcome(path, ids=ids, as_=office.dispatcher) == "something", outcome
    counts = "{ inboxCounts { overdue mine offered folders { cases } } }"
    assert (await office.ask(counts))["mine"] == 1

    await office.city.leave("city_problems")
    for path, outcome in PATHS:
        assert await pair.outcome(path, ids=ids, as_=office.dispatcher) == outcome, path
    for who in (office.dispatcher, office.gardener):
        empty = [{"cases": 0}, {"cases": 0}]  # of the kernel's own kind
        assert await office.ask(counts, as_=who) == {"overdue": 0, "mine": 0, "offered": 0, "folders": empty}
    assert await office.ask("{ caseKinds { key } }") == [{"key": "core.process"}], "the kernel's own"

    await office.city.subscribe("city_problems")
    assert (await office.ask(counts))["mine"] == 1, "it was kept"
    for path, _ in PATHS[5:]:
        assert await pair.outcome(path, ids=ids, as_=office.dispatcher) != "not_found", path
