"""Everybody may exactly what the reviewed file says at the operator's host; a new field without a line fails."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest_asyncio
from graphql import GraphQLNamedType, GraphQLObjectType

from leancity.core.plugins.manager import installed_modules
from leancity.core.testing.city import City, TestUser
from leancity.graphql.api.guard import guard_of
from leancity.graphql.schema import build_schema
from tests.security.table import read_table
from tests.tenants.operator.asking import asked

FILE = Path(__file__).with_name("matrix.txt")
PRINCIPALS = ("anonymous", "plain", "reader", "support", "boss", "stray")
REFUSED = frozenset({"NOT_SIGNED_IN", "FORBIDDEN", "forbidden", "not_signed_in"})
NOTHING = "00000000-0000-7000-8000-000000000000"

QUERIES = {
    "certificates": "certificates { edges { node { id } } totalCount }",
    "cities": 'cities(search: "%(town)s") { edges { node { slug } } totalCount }',
    "city": 'city(slug: "%(town)s") { slug title limits { people } }',
    "deadLetters": "deadLetters { totalCount }",
    "modules": "modules { name cities }",
    "onboarding": 'onboarding(id: "%(draft)s") { slug }',
    "onboardings": "onboardings { totalCount }",
    "drift": 'drift(slug: "%(town)s", profile: "seversk") { key kind }',
    "plans": "plans { key limits { people } }",
    "profiles": "profiles { name units }",
    "queues": "queues { name waiting }",
}
INSIDE = {
    "OperatorCity.health": 'city(slug: "%(town)s") { health { status } }',
    "OperatorCity.used": 'city(slug: "%(town)s") { used { people } }',
    "OperatorOnboardingType.card": 'onboarding(id: "%(draft)s") { card { slug } }',
    "OperatorOnboardingType.problems": 'onboarding(id: "%(draft)s") { problems { code } }',
    "OperatorOnboardingType.steps": 'onboarding(id: "%(draft)s") { steps { key } }',
    "OperatorOnboardingType.understood": 'onboarding(id: "%(draft)s") { understood { __typename } }',
    "OperatorUnderstood.findings": 'onboarding(id: "%(draft)s") { understood { findings { totalCount } } }',
    "OperatorUnderstood.units": 'onboarding(id: "%(draft)s") { understood { units { totalCount } } }',
}
MUTATIONS: dict[str, dict[str, Any]] = {
    "operatorCityHosts": {"slug": "%(town)s", "hosts": ["%(host)s"]},
    "operatorCityOnboard": {"card": {}},
    "operatorCityPlan": {"slug": "%(town)s"},
    "operatorCityProfile": {"slug": "%(town)s", "profile": "seversk"},
    "operatorCityRegion": {"slug": "%(town)s"},
    "operatorCityResume": {"slug": "%(town)s"},
    "operatorCitySuspend": {"slug": "%(town)s", "reason": "x"},
    "operatorDeadLettersDiscard": {"city": "%(town)s"},
    "operatorDeadLettersReplay": {"city": "%(town)s"},
    "operatorModulesLeave": {"slug": "%(town)s", "modules": ["city_problems"]},
    "operatorModulesSubscribe": {"slug": "%(town)s", "modules": ["city_problems"]},
    "operatorOnboardingBegin": {"card": {}},
    "operatorOnboardingChange": {"id": NOTHING, "card": {}},
    "operatorOnboardingConfirm": {"id": NOTHING},
    "operatorOnboardingDrop": {"id": NOTHING},
    "operatorOnboardingFile": {"id": NOTHING},
    "operatorOnboardingInvitation": {"id": NOTHING},
    "operatorPlanDrop": {"key": "nothing"},
    "operatorPlanSave": {"key": "some", "title": {"ru": "а", "en": "a"}, "limits": {}},
}


def keys() -> Iterator[str]:
    """Yield what the module adds to the schema: fields of its query, mutations, guarded fields of its types."""
    modules = installed_modules()
    schema = build_schema(modules, frozenset({"operator"}))._schema
    without = build_schema(modules, frozenset())._schema
    query = schema.type_map["OperatorQuery"]
    assert isinstance(query, GraphQLObjectType) and schema.mutation_type and without.mutation_type
    for name in query.fields:
        yield f"Query.operator.{name}"
    for name in schema.mutation_type.fields.keys() - without.mutation_type.fields.keys():
        yield f"Mutation.{name}"
    for type_ in schema.type_map.keys() - without.type_map.keys() - {"OperatorQuery"}:
        yield from _guarded(schema.type_map[type_])


def _guarded(type_: GraphQLNamedType) -> Iterator[str]:
    if isinstance(type_, GraphQLObjectType):
        for name, each in type_.fields.items():
            declared = each.extensions.get("strawberry-definition")
            guard = guard_of(declared) if declared is not None else None
            if guard is not None and guard.permission is not None:
                yield f"{type_.name}.{name}"


def text_of(key: str, town: City, draft: str = NOTHING) -> str:
    """Return the operation that asks for what a key names; ``draft`` is the id of an onboarding."""
    given = {"town": town.tenant.slug, "host": town.host, "draft": draft}
    if key in INSIDE:
        return f"{{ operator {{ {INSIDE[key] % given} }} }}"
    kind, _, name = key.rpartition(".")
    if kind == "Query.operator":
        return f"{{ operator {{ {QUERIES[name] % given} }} }}"
    return asked(name, "__typename", **MUTATIONS[name]) % given


@pytest_asyncio.fixture
async def principals(place: City, town: City, boss: TestUser) -> dict[str, TestUser | None]:
    return {
        "anonymous": None,
        "plain": await place.user(),
        "reader": await place.user("operator.city.read"),
        "support": await place.user(roles=["operator.support"]),
        "boss": boss,
        "stray": await town.user(roles=["core.administrator"]),
    }


async def test_everybody_may_what_the_file_says(
    place: City, town: City, boss: TestUser, principals: dict[str, TestUser | None]
) -> None:
    table = read_table(FILE.read_text("utf-8"), PRINCIPALS)
    begun = await place.data(asked("operatorOnboardingBegin", "onboarding { id }", card={}), as_=boss)
    draft, wrong = begun["operatorOnboardingBegin"]["onboarding"]["id"], []
    for key in sorted(table):
        text = text_of(key, town, draft)
        others = [name for name in PRINCIPALS if name != "boss"]
        cells = await asyncio.gather(*[measured(place, text, principals[name]) for name in others])
        # Who may do everything asks last: what is done then can't hide what was refused.
        found = {**dict(zip(others, cells, strict=True)), "boss": await measured(place, text, boss)}
        said = table[key]
        wrong += [f"{key}: {name} is {found[name]}, not {said[name]}" for name in said if found[name] != said[name]]
    assert not wrong, "\n".join(wrong)


async def measured(place: City, text: str, who: TestUser | None) -> str:
    """Ask and return + or -; any error but a refusal of who asks breaks the test."""
    answer = await place.request("POST", "/graphql", as_=who, json={"query": text})
    if answer.status_code == 401:
        return "-"
    body = answer.json()
    codes = {error.get("extensions", {}).get("code", error["message"]) for error in body.get("errors", ())}
    assert codes <= REFUSED, (text, body)
    return "-" if codes else "+"


def test_the_file_has_a_line_for_everything() -> None:
    table, wanted = read_table(FILE.read_text("utf-8"), PRINCIPALS), {*keys()}
    assert not wanted - table.keys(), f"add to {FILE}: {sorted(wanted - table.keys())}"
    assert not table.keys() - wanted, f"remove from {FILE}: {sorted(table.keys() - wanted)}"


async def test_a_citys_administrator_finds_nothing_of_it_at_home(town: City) -> None:
    """Neither by the fields' names nor in the types: what only other tenants have does not exist."""
    admin = await town.user(roles=["core.administrator"])
    for key in sorted(read_table(FILE.read_text("utf-8"), PRINCIPALS)):
        answer = await town.graphql(text_of(key, town), as_=admin)
        assert "data" not in answer or answer["data"] is None, key
        assert {error["extensions"]["code"] for error in answer["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}, answer
