"""What everybody sees of a report: when it is shown, what is hidden of it, and who decides otherwise."""

from __future__ import annotations

import uuid
from typing import Any

from leancity.core.plugins.manager import Modules
from leancity.core.settings.service import change_settings
from leancity.core.testing.city import TestUser
from leancity.modules.city_problems.permissions import MODERATE, SETTINGS
from tests.modules.city_problems.conftest import Town

SEEN = """query ($id: UUID!) { cityProblems {
  report(id: $id) { text address isShown photos { id } }
  reports { totalCount edges { node { id } } }
  clusters(southWest: {lat: 46, lon: 142}, northEast: {lat: 48, lon: 144}, resolution: 7) { reports } } }"""
ORIGINAL = "query ($id: UUID!) { cityProblems { report(id: $id) { originalText originalAddress mayShare } } }"
CATEGORY = """mutation ($key: String!, $values: JSON!) {
  customChange(collection: "city_problems.categories", key: $key, values: $values) { errors { field code } } }"""


async def seen(town: Town, case: str, who: TestUser | None = None) -> tuple[bool, int, int, bool]:
    """Return whether a report is read by id, how many are listed, counted on the map, and whether it is in the CSV."""
    found = (await town.city.data(SEEN, {"id": case}, as_=who))["cityProblems"]
    csv = (await town.city.request("GET", "/m/city_problems/reports.csv", as_=who)).text
    on_map = sum(each["reports"] for each in found["clusters"])
    assert found["reports"]["totalCount"] == len(found["reports"]["edges"])
    return found["report"] is not None, found["reports"]["totalCount"], on_map, csv.count("\n") > 1


async def events(town: Town, case: str) -> list[str]:
    rows = await town.city.rows(
        "select case_id, kind from case_event where tenant_id = $1 and kind = any($2) order by at, id",
        ["published", "hidden", "moderated"],
    )
    return [row["kind"] for row in rows if str(row["case_id"]) == case]


async def moderate(town: Town, case: str, who: TestUser | None = None, **given: Any) -> list[dict[str, str]]:
    query = """mutation ($id: UUID!, $text: String, $address: String, $isShown: Boolean, $expectedVersion: Int) {
      cityProblemsModerate(id: $id, text: $text, address: $address, isShown: $isShown,
        expectedVersion: $expectedVersion) { errors { field code } } }"""
    data = await town.city.data(query, {"id": case, **given}, as_=who or town.clerk)
    errors: list[dict[str, str]] = data["cityProblemsModerate"]["errors"]
    return errors


ALL, NOTHING = (True, 1, 1, True), (False, 0, 0, False)


async def test_private_data_is_hidden_from_all_and_the_original_read_by_staff_with_a_record(town: Town) -> None:
    told: dict[str, Any] = {"text": "Яма, звоните 8 (914) 123-45-67", "address": "Ленина, 5, кв. 12", "mayShare": True}
    case = (await town.report(**told))["report"]["id"]
    for who in (None, town.clerk):
        report = (await town.city.data(SEEN, {"id": case}, as_=who))["cityProblems"]["report"]
        assert report["text"] == "Яма, звоните [телефон скрыт]"
        assert report["address"] == "Ленина, 5, [квартира скрыта]"
    csv = (await town.city.request("GET", "/m/city_problems/reports.csv")).text
    assert "914" not in csv and "кв. 12" not in csv
    refused = await town.city.graphql(ORIGINAL, {"id": case})
    assert refused["data"]["cityProblems"]["report"] == dict.fromkeys(("originalText", "originalAddress", "mayShare"))
    original = (await town.city.data(ORIGINAL, {"id": case}, as_=town.clerk))["cityProblems"]["report"]
    assert original == {"originalText": told["text"], "originalAddress": told["address"], "mayShare": True}
    rows = await town.city.rows(
        "select actor_id, subject_id from audit_event where tenant_id = $1 and action = $2",
        "city_problems.original.read",
    )
    assert [(row["actor_id"], str(row["subject_id"])) for row in rows] == [(town.clerk.id, case)]
    outside = await town.city.graphql(ORIGINAL, {"id": case}, as_=town.executor)
    assert outside["data"]["cityProblems"]["report"]["originalText"] is None, "it is not their unit's"


async def test_a_report_is_shown_at_once_or_once_a_clerk_has_sorted_it(town: Town, modules: Modules) -> None:
    first = (await town.report())["report"]["id"]
    assert await seen(town, first) == ALL and await events(town, first) == ["published"]
    assert await moderate(town, first, isShown=False) == []
    async with town.city.serving():
        await change_settings(modules, "city_problems", {"shown": "sorted"})
    photo = await town.photo()
    filed = await town.report(photos=[photo])
    second = filed["report"]["id"]
    assert filed["report"]["number"], "who reported is told its number all the same"
    assert await seen(town, second) == NOTHING and await events(town, second) == []
    assert (await seen(town, second, town.clerk))[:2] == (True, 2)
    assert (await town.city.request("GET", f"/files/{photo['id']}")).status_code == 404
    assert (await town.city.request("GET", f"/files/{photo['id']}", as_=town.clerk)).status_code == 200
    await town.do(town.clerk, f'cityProblemsSort(id: "{second}")')
    assert await seen(town, second) == ALL and await events(town, second) == ["published"]
    assert (await town.city.request("GET", f"/files/{photo['id']}")).status_code == 200
    await town.do(town.clerk, f'cityProblemsSort(id: "{first}")')
    assert await events(town, first) == ["published", "hidden"], "what was hidden by hand stays hidden"


async def test_a_moderator_changes_what_is_seen_and_the_rest_stays(town: Town) -> None:
    case = (await town.report(text="Сосед Иван Кривой всё сломал", address="Мира, 1"))["report"]["id"]
    assert await moderate(town, case, text="Сосед всё сломал", address="Мира") == []
    report = (await town.city.data(SEEN, {"id": case}))["cityProblems"]["report"]
    assert (report["text"], report["address"]) == ("Сосед всё сломал", "Мира")
    original = (await town.city.data(ORIGINAL, {"id": case}, as_=town.clerk))["cityProblems"]["report"]
    assert original["originalText"] == "Сосед Иван Кривой всё сломал"
    assert await moderate(town, case, isShown=False) == []
    assert await seen(town, case) == NOTHING
    assert await moderate(town, case, isShown=True) == []
    assert await seen(town, case) == ALL
    assert await events(town, case) == ["published", "moderated", "hidden", "moderated"]
    audit = await town.city.rows("select data from audit_event where tenant_id = $1 and action like 'core.case.mod%'")
    assert "Сосед" not in str(audit)


async def test_what_a_moderator_may_not(town: Town) -> None:
    case = (await town.report())["report"]["id"]
    assert await moderate(town, case) == [{"field": None, "code": "city_problems.nothing_to_moderate"}]
    assert await moderate(town, case, text="x" * 20_001) == [{"field": "text", "code": "too_long"}]
    assert await moderate(town, case, address="a\u202eb") == [{"field": "address", "code": "signs_odd"}]
    assert await moderate(town, case, text="x", expectedVersion=99) == [
        {"field": "expectedVersion", "code": "case_changed"}
    ]
    assert await moderate(town, town.unit_id, text="x") == [{"field": "id", "code": "not_found"}]
    distant = await town.city.user(f"{MODERATE}@unit", "core.case.read@unit", unit_id=uuid.UUID(town.unit_id))
    assert [each["code"] for each in await moderate(town, case, distant, text="x")] == ["not_found"]
    for who, code in ((None, "NOT_SIGNED_IN"), (town.executor, "FORBIDDEN")):
        mutation = f'mutation {{ cityProblemsModerate(id: "{case}", isShown: false) {{ errors {{ code }} }} }}'
        answer = await town.city.graphql(mutation, as_=who)
        assert answer["errors"][0]["extensions"]["code"] == code
    assert await seen(town, case) == ALL and await events(town, case) == ["published"]


async def test_a_private_category_is_never_shown(town: Town) -> None:
    editor = await town.city.user(SETTINGS)
    values = {"key": "lighting", "values": {"isPrivate": True}}
    assert (await town.city.data(CATEGORY, values, as_=editor))["customChange"]["errors"] == []
    private = (await town.report(category="lighting"))["report"]["id"]
    assert await seen(town, private) == NOTHING
    await town.do(town.clerk, f'cityProblemsSort(id: "{private}")')
    assert await seen(town, private) == NOTHING
    assert await moderate(town, private, isShown=True) == [
        {"field": "isShown", "code": "city_problems.category_private"}
    ]
    open_ = (await town.report())["report"]["id"]
    assert (await seen(town, open_))[1] == 1
    await town.do(town.clerk, f'cityProblemsSort(id: "{open_}", category: "lighting")')
    assert await seen(town, open_) == NOTHING, "corrected to a private category it is hidden"


async def test_one_photo_is_hidden_and_shown(town: Town) -> None:
    photos = [await town.photo(), await town.photo()]
    case = (await town.report(photos=photos))["report"]["id"]

    async def shown() -> tuple[list[str], list[int]]:
        listed = (await town.city.data(SEEN, {"id": case}))["cityProblems"]["report"]["photos"]
        answers = [await town.city.request("GET", f"/files/{each['id']}") for each in photos]
        return [each["id"] for each in listed], [each.status_code for each in answers]

    async def turn(file_id: str, is_public: str, who: TestUser | None = None) -> list[dict[str, str]]:
        query = f"""mutation {{ cityProblemsPhotoVisibility(id: "{case}", fileId: "{file_id}",
          isPublic: {is_public}) {{ errors {{ field code }} }} }}"""
        errors: list[dict[str, str]] = (await town.city.data(query, as_=who or town.clerk))[
            "cityProblemsPhotoVisibility"
        ]["errors"]
        return errors

    one, other = (each["id"] for each in photos)
    assert await shown() == ([one, other], [200, 200])
    assert await turn(one, "false") == []
    assert await shown() == ([other], [404, 200])
    assert (await town.city.request("GET", f"/files/{one}", as_=town.clerk)).status_code == 200
    assert await turn(one, "true") == []
    assert (await shown())[1] == [200, 200]
    assert await turn(town.unit_id, "false") == [{"field": "fileId", "code": "not_found"}]
    assert await events(town, case) == ["published", "moderated", "moderated"]


async def test_where_the_list_is_for_staff_photos_are_too(town: Town, modules: Modules) -> None:
    photo = await town.photo()
    await town.report(photos=[photo])
    assert (await town.city.request("GET", f"/files/{photo['id']}")).status_code == 200
    async with town.city.serving():
        await change_settings(modules, "city_problems", {"is_list_public": False})
    assert (await town.city.request("GET", f"/files/{photo['id']}")).status_code == 404
    assert (await town.city.request("GET", f"/files/{photo['id']}", as_=town.clerk)).status_code == 200


async def test_who_filed_it_sees_their_own(town: Town, modules: Modules) -> None:
    async with town.city.serving():
        await change_settings(modules, "city_problems", {"shown": "sorted"})
    resident = await town.city.user()
    query = """mutation ($input: CityProblemsReportInput!) { cityProblemsReport(input: $input) {
      errors { code } report { id } } }"""
    filled = {"category": "pothole", "text": "x", "address": "Мира, 1"}
    data = await town.city.data(query, {"input": filled}, as_=resident)
    case = data["cityProblemsReport"]["report"]["id"]
    other = await town.city.user()
    assert (await seen(town, case, resident))[0] and not (await seen(town, case, other))[0]


async def test_the_list_is_narrowed(town: Town) -> None:
    case = (await town.report())["report"]["id"]
    await town.report()
    await town.do(town.clerk, f'cityProblemsSort(id: "{case}")')
    for given, count in (
        ('status: "sorted"', 1),
        ('outcome: "duplicate"', 0),
        ('since: "2020-01-01T00:00:00Z"', 2),
        ('since: "2099-01-01T00:00:00Z"', 0),
    ):
        query = f"{{ cityProblems {{ reports({given}) {{ totalCount edges {{ node {{ id }} }} }} }} }}"
        found = (await town.city.data(query))["cityProblems"]["reports"]
        assert found["totalCount"] == len(found["edges"]) == count, given
    wrong = await town.city.graphql('{ cityProblems { reports(status: "lost") { totalCount } } }')
    assert "status" in str(wrong["errors"])
