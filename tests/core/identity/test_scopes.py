"""How far a permission reaches: by unit, subtree, legal entity and territory, at every path to a case."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from leancity.core.cases.filing import Filing, file_case
from leancity.core.cases.handover import hand_over
from leancity.core.geo.cells import cell_of
from leancity.core.geo.territories import save_territory
from leancity.core.identity.roles import NewGrant, grant_role, save_role
from leancity.core.identity.units import LegalForm, UnitCard, UnitKind, add_unit
from leancity.core.testing.city import City, TestUser

REPORT = "city_problems.report"
READ, WORK = "core.case.read", "city_problems.report.triage"
CENTRE, SEA = (46.96, 142.74), (46.60, 143.50)


@dataclass(frozen=True, kw_only=True)
class Tree:
    """A city hall over two departments, a section below the first, and a МУП below it with a garage of its own."""

    city: City
    units: dict[str, uuid.UUID]

    async def officer(self, unit: str | None, *entries: str, **grant: Any) -> TestUser:
        """Make a person of a unit with a role of these entries."""
        user = await self.city.user(unit_id=self.units[unit] if unit else None)
        async with self.city.serving():
            role = await save_role(f"r{uuid.uuid4().hex}", "Role", entries)
            await grant_role(NewGrant(user_id=user.id, role=role.key, **grant))
        return user

    async def filed(self, unit: str | None = None, place: tuple[float, float] | None = None, **more: Any) -> str:
        cell = None if place is None else cell_of(*place)
        async with self.city.serving():
            filing = Filing(title="Hole", unit_id=self.units[unit] if unit else None, cell=cell, **more)
            return str((await file_case(REPORT, filing)).id)

    async def seen(self, who: TestUser) -> set[str]:
        """Return the cases that a person sees, and hold all paths to them to the same answer."""
        data = await self.city.data(
            "{ inbox { totalCount edges { node { id number } } } inboxCounts { folders { cases } } }", as_=who
        )
        ids = {edge["node"]["id"] for edge in data["inbox"]["edges"]}
        counted = sum(folder["cases"] for folder in data["inboxCounts"]["folders"])
        assert data["inbox"]["totalCount"] == len(ids) == counted
        found = await self.city.data('{ inbox(filter: {text: "hole"}) { edges { node { id } } } }', as_=who)
        assert {edge["node"]["id"] for edge in found["inbox"]["edges"]} == ids
        for case in await self.city.rows("select id, number from case_record where tenant_id = $1"):
            asked = f'{{ case(id: "{case["id"]}") {{ number }} }}'
            assert bool((await self.city.data(asked, as_=who))["case"]) == (str(case["id"]) in ids)
        return ids

    async def sort(self, who: TestUser, case: str) -> str:
        """Try a verb and return what came of it."""
        answer = await self.city.graphql(
            f'mutation {{ caseMove(caseId: "{case}", transition: "sort") {{ errors {{ code }} }} }}', as_=who
        )
        if "errors" in answer:
            return str(answer["errors"][0]["extensions"]["code"])
        errors = answer["data"]["caseMove"]["errors"]
        return str(errors[0]["code"]) if errors else "done"


@pytest_asyncio.fixture
async def tree(make_city: Callable[..., Awaitable[City]]) -> Tree:
    city = await make_city("city_problems")
    units: dict[str, uuid.UUID] = {}
    async with city.serving():
        for key, parent, kind in (
            ("hall", None, UnitKind.BODY),
            ("roads", "hall", UnitKind.DEPARTMENT),
            ("lamps", "roads", UnitKind.DEPARTMENT),
            ("parks", "hall", UnitKind.DEPARTMENT),
            ("mup", "roads", UnitKind.LEGAL_ENTITY),
            ("garage", "mup", UnitKind.DEPARTMENT),
        ):
            form = LegalForm.MUP if kind is UnitKind.LEGAL_ENTITY else None
            card = UnitCard(key=key, title=key, parent_id=units.get(parent or ""), kind=kind, legal_form=form)
            units[key] = (await add_unit(card)).id
    return Tree(city=city, units=units)


@pytest.mark.parametrize(
    ("unit", "scope", "grant", "sees"),
    [
        ("roads", "@own", {}, set()),
        ("roads", "@unit", {}, {"roads"}),
        ("roads", "@subtree", {}, {"roads", "lamps"}),
        ("roads", "@subtree", {"across_entities": True}, {"roads", "lamps", "mup", "garage"}),
        ("hall", "@subtree", {}, {"hall", "roads", "lamps", "parks"}),
        ("parks", "", {}, {"hall", "roads", "lamps", "parks", "mup", "garage", None}),
        (None, "", {}, {"hall", "roads", "lamps", "parks", "mup", "garage", None}),
        (None, "@subtree", {}, set()),
        ("mup", "@subtree", {}, {"mup", "garage"}),
        ("garage", "@unit", {}, {"garage"}),
        ("garage", "", {}, {"mup", "garage"}),
        ("garage", "", {"across_entities": True}, {"hall", "roads", "lamps", "parks", "mup", "garage", None}),
    ],
)
async def test_a_scope_reaches_so_far(
    tree: Tree, unit: str | None, scope: str, grant: dict[str, Any], sees: set[str | None]
) -> None:
    cases = {held: await tree.filed(held) for held in (*tree.units, None)}
    officer = await tree.officer(unit, f"{READ}{scope}", **grant)
    assert await tree.seen(officer) == {cases[each] for each in sees}


async def test_a_grant_may_begin_elsewhere_and_end(tree: Tree) -> None:
    parks, roads = await tree.filed("parks"), await tree.filed("roads")
    officer = await tree.officer("roads", f"{READ}@unit", unit_id=tree.units["parks"])
    assert await tree.seen(officer) == {parks}
    async with tree.city.serving():
        await grant_role(NewGrant(user_id=officer.id, role=(await save_role("more", "More", [f"{READ}@unit"])).key))
    assert await tree.seen(officer) == {parks, roads}


async def test_ones_own_and_what_is_offered_are_within_reach(tree: Tree) -> None:
    officer = await tree.officer("roads", f"{READ}@unit")
    offered, filed, other = (
        await tree.filed("parks"),
        await tree.filed("parks", author_id=officer.id),
        await tree.filed("parks"),
    )
    async with tree.city.serving():
        await hand_over(uuid.UUID(offered), tree.units["roads"])
    assert await tree.seen(officer) == {offered, filed}
    assert other not in await tree.seen(officer)


async def test_a_territory_bounds_a_grant(tree: Tree) -> None:
    outline = {
        "type": "Polygon",
        "coordinates": [[[142.7, 46.93], [142.8, 46.93], [142.8, 46.99], [142.7, 46.99], [142.7, 46.93]]],
    }
    async with tree.city.serving():
        centre = await save_territory("centre", "Центр", json.dumps(outline))
    inside, nowhere = await tree.filed("parks", CENTRE), await tree.filed("parks")
    ours, _ = await tree.filed("roads", CENTRE), await tree.filed("roads", SEA)
    everywhere = await tree.officer("hall", READ, territory_id=centre.id)
    assert await tree.seen(everywhere) == {inside, ours}
    assert nowhere not in await tree.seen(everywhere)
    road = await tree.officer("roads", f"{READ}@unit", territory_id=centre.id)
    assert await tree.seen(road) == {ours}


async def test_a_verb_reaches_as_far_as_its_own_permission(tree: Tree) -> None:
    ours, theirs = await tree.filed("roads"), await tree.filed("parks")
    officer = await tree.officer("roads", READ, f"{WORK}@unit")
    blind = await tree.officer("roads", f"{READ}@unit", f"{WORK}@unit")
    assert await tree.sort(officer, theirs) == "FORBIDDEN"
    assert await tree.sort(blind, theirs) == "not_found", "what one may not see does not exist"
    chief = await tree.officer(None, "core.audit.read")
    wanted = f'filter: {{subjectId: "{theirs}", outcome: REFUSED}}'
    log = f"{{ auditLog({wanted}) {{ edges {{ node {{ actor {{ id }} }} }} }} }}"
    told: list[dict[str, Any]] = []
    for _ in range(50):  # the web process writes them in the background
        told = (await tree.city.data(log, as_=chief))["auditLog"]["edges"]
        if len(told) == 2:
            break
        await asyncio.sleep(0.2)
    assert {edge["node"]["actor"]["id"] for edge in told} == {str(officer.id), str(blind.id)}, "both tried"
    moves = f'{{ case(id: "{theirs}") {{ availableMoves {{ name }} }} }}'
    assert (await tree.city.data(moves, as_=officer))["case"]["availableMoves"] == []
    assert await tree.sort(officer, ours) == "done"
    (row,) = await tree.city.rows("select status from case_record where tenant_id = $1 and id = $2", uuid.UUID(theirs))
    assert row["status"] == "reported"


async def test_files_and_relations_do_not_lead_beyond_the_reach(tree: Tree) -> None:
    dispatcher = await tree.officer(None, READ, "core.case.relate", "core.case.comment")
    ours, theirs = await tree.filed("roads"), await tree.filed("parks")
    relate = f'mutation {{ caseRelate(caseId: "{ours}", otherId: "{theirs}", kind: RELATED) {{ errors {{ code }} }} }}'
    assert (await tree.city.data(relate, as_=dispatcher))["caseRelate"]["errors"] == []
    officer = await tree.officer("roads", f"{READ}@unit", "core.case.relate")
    related = f'{{ case(id: "{ours}") {{ relations {{ other {{ number }} }} }} }}'
    assert (await tree.city.data(related, as_=officer))["case"]["relations"] == []
    third = await tree.filed("roads")
    errors = (await tree.city.data(relate.replace(ours, third), as_=officer))["caseRelate"]["errors"]
    assert errors == [{"code": "not_found"}]
