"""A report from the resident's phone to the proof of the repair, through GraphQL alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from io import BytesIO
from zoneinfo import ZoneInfo

from PIL import Image

from leancity.core.plugins.manager import Modules
from leancity.core.settings.service import change_settings
from tests.modules.city_problems.conftest import POINT, Town


async def test_report_sort_send_take_close_with_proof(town: Town) -> None:
    photo = await town.photo()
    reported = await town.report(photos=[photo], reporterName="Ирина", reporterPhone="+7 900 000-00-00")
    assert reported["errors"] == []
    report = reported["report"]
    assert report["number"].startswith("CP-") and report["status"] == "reported" and report["point"] == POINT
    case = report["id"]

    sorted_ = await town.do(town.clerk, f'cityProblemsSort(id: "{case}", category: "lighting")')
    assert sorted_["report"]["status"] == "sorted"
    sent = await town.do(town.clerk, f'cityProblemsSend(id: "{case}", unitId: "{town.unit_id}", note: "quickly")')
    assert sent == {"errors": [], "report": {"id": case, "status": "sent", "outcome": None, "closedAt": None}}
    taken = await town.do(town.executor, f'cityProblemsTake(id: "{case}")')
    assert taken["report"]["status"] == "in_work"

    without = await town.do(town.executor, f'cityProblemsClose(id: "{case}", outcome: "fixed")', locale="ru")
    assert without["errors"] == [
        {"field": "proofs", "code": "city_problems.proof_required", "message": "Приложите фото выполненной работы"}
    ]
    proof = await town.photo()
    named = f'{{id: "{proof["id"]}", claim: "{proof["claim"]}"}}'
    closing = f'cityProblemsClose(id: "{case}", outcome: "fixed", proofs: [{named}])'
    closed = await town.do(town.executor, closing)
    assert closed["errors"] == []
    assert (closed["report"]["status"], closed["report"]["outcome"]) == ("closed", "fixed")
    assert closed["report"]["closedAt"]

    shown = await town.city.data(f'{{ cityProblems {{ report(id: "{case}") {{ photos {{ url role }} }} }} }}')
    assert shown["cityProblems"]["report"]["photos"] == [
        {"url": f"/files/{photo['id']}", "role": "attachment"},
        {"url": f"/files/{proof['id']}", "role": "proof"},
    ]
    public = await town.city.request("GET", f"/files/{proof['id']}")
    assert public.status_code == 200 and public.headers["content-type"] == "image/jpeg"
    assert not Image.open(BytesIO(public.content)).getexif(), "nothing of the camera remains"


async def test_a_report_without_what_is_needed_names_each_field_in_the_readers_language(town: Town) -> None:
    payload = await town.report(text=" ", address="x" * 300, locale="ru")
    assert payload["report"] is None
    assert payload["errors"] == [
        {"field": "text", "code": "required", "message": "Заполните это поле"},
        {"field": "address", "code": "too_long", "message": "Не больше 200 знаков"},
    ]
    unknown = await town.report(category="dragons")
    assert unknown["errors"] == [
        {
            "field": "category",
            "code": "city_problems.category_unknown",
            "message": "There is no such category: dragons",
        }
    ]


async def test_a_stranger_may_report_but_not_work(town: Town) -> None:
    case = (await town.report())["report"]["id"]
    for who, code in ((None, "NOT_SIGNED_IN"), (town.executor, "FORBIDDEN")):
        answer = await town.city.graphql(
            f'mutation {{ cityProblemsSort(id: "{case}") {{ errors {{ code }} }} }}', as_=who
        )
        assert answer["errors"][0]["extensions"]["code"] == code
    states = await town.city.data(f'{{ cityProblems {{ report(id: "{case}") {{ status }} }} }}')
    assert states["cityProblems"]["report"]["status"] == "reported"


async def test_the_reporter_is_shown_to_the_clerk_with_a_record_and_masked_to_who_may_see_the_case(town: Town) -> None:
    told = {"reporterName": "Ирина Горная", "reporterPhone": "+7 900 000-00-12", "reporterEmail": "irina@mail.example"}
    case = (await town.report(**told))["report"]["id"]
    query = f'{{ cityProblems {{ report(id: "{case}") {{ number reporter {{ name phone email isMasked }} }} }} }}'
    for who in (None, town.executor):  # it has not been offered to the executor's unit
        answer = await town.city.graphql(query, as_=who)
        assert answer["data"]["cityProblems"]["report"]["reporter"] is None
        assert "Ирина" not in str(answer)
    await town.do(town.clerk, f'cityProblemsSort(id: "{case}")')
    await town.do(town.clerk, f'cityProblemsSend(id: "{case}", unitId: "{town.unit_id}")')
    masked = (await town.city.data(query, as_=town.executor))["cityProblems"]["report"]["reporter"]
    assert masked == {"name": "И••• Г•••", "phone": "+• ••• •••-••-12", "email": "i•••@•••.example", "isMasked": True}
    for field, typed in (("reporterPhone", masked["phone"]), ("reporterName", masked["name"])):
        refused = await town.report(**{field: typed})
        assert [(error["code"], error["field"]) for error in refused["errors"]] == [("masked_value", field)]
    seen = (await town.city.data(query, as_=town.clerk))["cityProblems"]["report"]["reporter"]
    assert [*seen.values()] == [*told.values(), False]
    rows = await town.city.rows(
        "select actor_id, subject_id from audit_event where tenant_id = $1 and action = $2",
        "city_problems.reporter.read",
    )
    assert [(row["actor_id"], str(row["subject_id"])) for row in rows] == [(town.clerk.id, case)]


async def test_sent_back_and_sent_anew(town: Town) -> None:
    case = (await town.report())["report"]["id"]
    await town.do(town.clerk, f'cityProblemsSort(id: "{case}")')
    await town.do(town.clerk, f'cityProblemsSend(id: "{case}", unitId: "{town.unit_id}")')
    nameless = await town.do(town.executor, f'cityProblemsSendBack(id: "{case}", reason: "")')
    assert nameless["errors"][0]["field"] == "reason"
    back = await town.do(town.executor, f'cityProblemsSendBack(id: "{case}", reason: "not our street")')
    assert back["report"]["status"] == "sorted"
    again = await town.do(town.clerk, f'cityProblemsSend(id: "{case}", unitId: "{town.unit_id}")')
    assert again["errors"] == []


async def test_a_move_that_is_part_of_a_mutation_is_not_made_by_itself(town: Town) -> None:
    case = (await town.report())["report"]["id"]
    await town.do(town.clerk, f'cityProblemsSort(id: "{case}")')
    moves = await town.city.data(f'{{ case(id: "{case}") {{ availableMoves {{ name mutation }} }} }}', as_=town.clerk)
    assert {"name": "send", "mutation": "cityProblemsSend"} in moves["case"]["availableMoves"]
    alone = await town.city.data(
        f'mutation {{ caseMove(caseId: "{case}", transition: "send") {{ errors {{ code message }} }} }}', as_=town.clerk
    )
    assert alone["caseMove"]["errors"] == [
        {"code": "case_move_by_mutation", "message": "Use cityProblemsSend: this move is a part of it"}
    ]


async def test_a_duplicate_is_refused_with_a_reason_and_can_be_reopened(town: Town) -> None:
    case, other = [(await town.report())["report"]["id"] for _ in range(2)]
    bare = await town.do(
        town.clerk, f'cityProblemsRefuse(id: "{case}", outcome: "duplicate", note: "", duplicateOf: "{other}")'
    )
    assert [error["field"] for error in bare["errors"]] == ["note"]
    wrong = await town.do(town.clerk, f'cityProblemsRefuse(id: "{case}", outcome: "fixed", note: "x")')
    assert [error["field"] for error in wrong["errors"]] == ["outcome"]
    refused = await town.do(
        town.clerk, f'cityProblemsRefuse(id: "{case}", outcome: "duplicate", note: "see it", duplicateOf: "{other}")'
    )
    assert (refused["report"]["status"], refused["report"]["outcome"]) == ("closed", "duplicate")
    reopened = await town.do(town.clerk, f'cityProblemsReopen(id: "{case}", note: "it is another hole")')
    assert (reopened["report"]["status"], reopened["report"]["outcome"]) == ("sorted", None)


async def test_the_term_is_the_citys_own_working_time(make_town: Callable[..., Awaitable[Town]]) -> None:
    for zone in ("Asia/Sakhalin", "Asia/Tomsk"):
        town = await make_town(zone=zone)
        case = (await town.report())["report"]["id"]
        await town.do(town.clerk, f'cityProblemsSort(id: "{case}")')
        data = await town.city.data(f'{{ cityProblems {{ report(id: "{case}") {{ dueAt }} }} }}')
        due = datetime.fromisoformat(data["cityProblems"]["report"]["dueAt"]).astimezone(ZoneInfo(zone))
        assert (due.hour, due.minute) in {(18, 0), (17, 0)}, "the end of a working day, or of a shortened one"


async def test_list_pages_by_cursor_and_map_counts_the_same(town: Town) -> None:
    for number in range(7):
        await town.report(point={"lat": POINT["lat"] + number / 1000, "lon": POINT["lon"]})
    query = """query ($after: String) { cityProblems { reports(first: 3, after: $after) { totalCount
      edges { node { number } } pageInfo { endCursor hasNextPage } } } }"""
    numbers: list[str] = []
    after = None
    while True:
        page = (await town.city.data(query, {"after": after}))["cityProblems"]["reports"]
        assert page["totalCount"] == 7
        numbers += [edge["node"]["number"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(numbers) == len(set(numbers)) == 7 and numbers == sorted(numbers, reverse=True)
    for resolution in (3, 7, 12):
        clusters = f"""{{ cityProblems {{ clusters(resolution: {resolution}, southWest: {{lat: 46, lon: 142}},
          northEast: {{lat: 48, lon: 144}}) {{ cell reports }} }} }}"""
        found = (await town.city.data(clusters))["cityProblems"]["clusters"]
        assert sum(cluster["reports"] for cluster in found) == 7
        assert len(found) == (1 if resolution == 3 else len(found))


async def test_a_city_may_keep_the_list_to_its_staff(town: Town, modules: Modules) -> None:
    await town.report()
    async with town.city.serving():
        await change_settings(modules, "city_problems", {"is_list_public": False})
    query = "{ cityProblems { reports { totalCount } } }"
    assert (await town.city.graphql(query))["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"
    assert (await town.city.request("GET", "/m/city_problems/reports.csv")).status_code == 401
    assert (await town.city.data(query, as_=town.clerk))["cityProblems"]["reports"]["totalCount"] == 1


async def test_open_data_has_no_personal_data_and_no_formulas(town: Town) -> None:
    await town.report(text="=cmd()", reporterName="Ирина")
    answer = await town.city.request("GET", "/m/city_problems/reports.csv")
    assert answer.status_code == 200
    assert "Ирина" not in answer.text and ",'=cmd()," in answer.text
