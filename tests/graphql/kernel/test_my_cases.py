"""Who filed a case follows it without any permission, and sees nothing internal; nobody else does by this door."""

from __future__ import annotations

import uuid

from leancity.core.testing.city import TestUser
from tests.graphql.kernel.conftest import Office

MINE = "{ myCases { totalCount edges { node { id number steps { status statusTitle } answers { body } files } } } }"
REPORT = """mutation ($point: GeoPointInput!) { cityProblemsReport(input: {point: $point, category: "pothole",
  text: "A hole"}) { errors { code } report { id } } }"""


async def resident_of(office: Office) -> TestUser:
    return await office.city.user()


async def test_the_author_follows_the_case(office: Office) -> None:
    from leancity.modules.city_problems.demo import load_categories

    resident, neighbour = await resident_of(office), await resident_of(office)
    async with office.city.serving():
        await load_categories()
    filed = await office.city.data(REPORT, {"point": {"lat": 46.96, "lon": 142.73}}, as_=resident)
    case = filed["cityProblemsReport"]["report"]["id"]
    await office.done(f'caseComment(caseId: "{case}", body: "internal")')
    await office.done(f'caseComment(caseId: "{case}", body: "We are on it", visibility: PUBLIC)')
    await office.done(f'caseMove(caseId: "{case}", transition: "sort")')
    (node,) = [edge["node"] for edge in (await office.city.data(MINE, as_=resident))["myCases"]["edges"]]
    assert node["id"] == case
    assert [step["status"] for step in node["steps"]] == ["reported", "sorted"]
    assert node["answers"] == [{"body": "We are on it"}]
    assert (await office.city.data(MINE, as_=neighbour))["myCases"]["totalCount"] == 0
    for who, code in ((neighbour, "NOT_FOUND"), (None, "NOT_SIGNED_IN")):
        answer = await office.city.graphql(f'{{ myCase(id: "{case}") {{ number }} }}', as_=who)
        assert answer["errors"][0]["extensions"]["code"] == code
    staff_view = await office.city.graphql(f'{{ case(id: "{case}") {{ number }} }}', as_=resident)
    assert staff_view["errors"][0]["extensions"]["code"] == "FORBIDDEN", "it shows what is internal to the city"


async def test_the_list_pages(office: Office) -> None:
    resident = await resident_of(office)
    async with office.city.serving():
        from leancity.core.cases.filing import Filing, file_case

        ids = [(await file_case("city_problems.report", Filing(title="x", author_id=resident.id))).id for _ in range(3)]
    page = (
        "query ($after: String) { myCases(first: 2, after: $after) { pageInfo { endCursor } edges { node { id } } } }"
    )
    first = (await office.city.data(page, as_=resident))["myCases"]
    rest = (await office.city.data(page, {"after": first["pageInfo"]["endCursor"]}, as_=resident))["myCases"]
    seen = [uuid.UUID(edge["node"]["id"]) for edge in [*first["edges"], *rest["edges"]]]
    assert seen == [*reversed(ids)]
