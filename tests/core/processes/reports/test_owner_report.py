"""An owner's report: the figures of the platform and nothing else, laid out so that titles stay titles."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import pytest

from leancity.core.errors import Refused
from leancity.core.processes.reports.printing import pdf_of
from leancity.core.testing.city import City
from tests.core.processes.reports.desk import BEGIN, SINCE, UNTIL, Desk, in_unit, make_desk, sheets
from tests.core.processes.reports.pdf import text_of

HOUR = 3600
HOSTILE = '=cmd|\' /C calc\'!A1 #panic() *bold* $x$ @ref <label> "quoted" \\ // [[]] #{"}'
SPREAD = "{ n total median p85 p95 isFew }"
CUT = f'cut: {{processId: $p, since: "{SINCE}", until: "{UNTIL}"}}'


async def test_numbers_are_those_of_the_figures(city: City) -> None:
    desk = await make_desk(city)
    report = await desk.live()
    (process,) = report["processes"]
    figures = await desk.ask(
        f"query ($p: UUID!) {{ answer: processFigures({CUT}) {{ opened closed open overdue lead {SPREAD}"
        f" leadCalendar {SPREAD} processing {SPREAD} waiting {SPREAD} queue {SPREAD} firstPassYield onTimeRate"
        " errorRate labourS efficiency cycleEfficiency throughputPerDay workingDays } }",
        p=str(desk.process),
    )
    assert (figures["closed"], figures["lead"]["median"]) == (12, 8 * HOUR), "the test's own cases are there"
    for name, value in figures.items():
        found = process["figures"]["".join(f"_{each.lower()}" if each.isupper() else each for each in name)]
        if isinstance(value, dict):
            value = {"is_few" if key == "isFew" else key: each for key, each in value.items()}
        assert found == value, name
    nodes = await desk.ask(
        f"query ($p: UUID!) {{ answer: processNodeFigures({CUT}) {{ nodeId visits waitingShare waiting {SPREAD} }} }}",
        p=str(desk.process),
    )
    (step,), (node,) = process["steps"], nodes
    assert (step["node_id"], step["visits"], step["waiting_share"]) == (
        node["nodeId"], node["visits"], node["waitingShare"]
    )  # fmt: skip
    assert step["waiting"]["median"] == node["waiting"]["median"] == 6 * HOUR


async def test_what_changed_is_told_with_how_many_cases_it_is_over(city: City) -> None:
    desk = await make_desk(city)
    (process,) = (await desk.live())["processes"]
    change = process["change"]
    assert (change["n_before"], change["n"], change["verdict"]) == (12, 12, "shorter")
    assert change["difference"] == -8 * HOUR and change["before"]["lead"]["median"] == 16 * HOUR
    lead = next(row for row in process["norms"] if row["measure"] == "lead")
    assert (lead["before"], lead["measured"], lead["unit"]) == (16 * HOUR, 8 * HOUR, "time")
    (week,) = (await desk.live("2026-10-26", "2026-10-29"))["processes"]
    assert week["change"]["verdict"] == "too_few" and week["figures"]["is_few"]


async def test_files_say_the_same_in_the_owners_language(city: City) -> None:
    desk = await make_desk(city)
    made = await desk.make()
    assert (made["state"], made["error"], made["since"], made["until"]) == ("done", "", SINCE, UNTIL)
    told = text_of(await desk.file(made["pdfUrl"]))
    for words in (
        "Отчётвладельцапроцессов",
        "Согласованиевывески",
        "Гдетеряетсявремя",
        "сталобыстрее",
        "−8ч",
        "8ч",
    ):
        assert words in told, words
    book = sheets(await desk.file(made["xlsxUrl"]))
    assert [*book] == ["Итоги", "Процессы", "Шаги", "Просрочено"]
    header, row = book["Процессы"]
    cells = dict(zip(header, row, strict=True))
    assert (cells["Процесс"], cells["Завершено"], cells["Длительность: медиана, ч"]) == ("Согласование вывески", 12, 8)
    assert cells["Длительность в прошлом периоде, ч"] == 16 and cells["Трудозатраты, ч"] == 24
    (stored,) = await city.rows("select content from owner_report where tenant_id = $1")
    assert json.loads(stored["content"]) == made["content"] and "Name of" not in stored["content"]


async def test_titles_are_texts_whatever_they_hold(city: City) -> None:
    desk = await make_desk(city, title=HOSTILE, cases=1)
    made = await desk.make()
    assert made["state"] == "done", made["error"]
    assert HOSTILE.replace(" ", "") in text_of(await desk.file(made["pdfUrl"]))
    _, row = sheets(await desk.file(made["xlsxUrl"]))["Процессы"]
    assert row[0] == HOSTILE


def test_a_template_that_fails_is_told_by_a_code() -> None:
    with pytest.raises(Refused) as refused:
        pdf_of({"title": "without all the rest"})
    assert refused.value.problems[0].code == "owner_report_template"


async def test_an_owner_of_nothing_has_a_report_that_says_so(city: City) -> None:
    desk = await make_desk(city, cases=0)
    nobody = await city.user()
    alone = Desk(city=city, owner=nobody, analyst=desk.analyst, process=desk.process)
    assert (await alone.live())["processes"] == []
    made = await alone.make()
    assert "ниодногопроцесса" in text_of(await alone.file(made["pdfUrl"]))


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [
        ("2026-10-31", "2026-10-01", "period_backwards"),
        ("2999-01-01", "2999-01-31", "owner_report_future"),
        ("2024-01-01", "2026-10-01", "owner_report_long"),
        ("2000-01-03", "2000-01-09", "period_outside"),
    ],
)
async def test_days_that_are_no_period_are_refused_by_name(city: City, since: str, until: str, code: str) -> None:
    desk = await make_desk(city, cases=0)
    query = "query ($o: UUID!, $s: Date!, $u: Date!) { processOwnerReport(ownerId: $o, since: $s, until: $u) }"
    values = {"o": str(desk.owner.id), "s": since, "u": until}
    answer = await city.graphql(query, values, as_=desk.owner)
    assert [each["extensions"]["code"] for each in answer["errors"]] == [code.upper()], answer


async def test_reports_are_for_the_owner_their_head_and_who_reads_all(
    city: City, make_city: Callable[..., Awaitable[City]]
) -> None:
    desk = await make_desk(city, cases=1)
    colleague, head, above, elsewhere = [await city.user() for _ in range(4)]
    top = await in_unit(city, "top", above, head_id=above.id)
    entity = await in_unit(city, "entity", head, parent_id=top, kind="legal_entity", head_id=head.id)
    await in_unit(city, "office", desk.owner, colleague, parent_id=entity)
    made = await desk.make()
    for reader in (desk.owner, head, desk.analyst):
        assert (await desk.live(as_=reader))["owner_id"] == str(desk.owner.id)
        assert (await desk.report(made["id"], as_=reader))["state"] == "done"
        assert (await desk.file(made["pdfUrl"], as_=reader)).startswith(b"%PDF-")
        listed = await desk.ask("{ answer: ownerReports { totalCount edges { node { id } } } }", as_=reader)
        assert listed == {"totalCount": 1, "edges": [{"node": {"id": made["id"]}}]}
    # A report has no names in it; its files name the owner, for who may see people.
    reader = await city.user("core.process.read")
    assert "Name of" not in str(await desk.report(made["id"], as_=reader))
    for url in (made["pdfUrl"], made["xlsxUrl"]):
        assert (await city.request("GET", url, as_=reader)).status_code == 403
    # A legal entity has a head of its own: whoever is above it in the city is not theirs.
    for other in (colleague, above, elsewhere, None):
        for query in (
            f'{{ processOwnerReport(ownerId: "{desk.owner.id}", since: "{SINCE}", until: "{UNTIL}") }}',
            f'{{ ownerReport(id: "{made["id"]}") {{ state }} }}',
        ):
            answer = await city.graphql(query, as_=other)
            assert answer["errors"] and not any((answer["data"] or {}).values()), answer
        for url in (made["pdfUrl"], made["xlsxUrl"]):
            assert (await city.request("GET", url, as_=other)).status_code in (401, 403, 404, 422)
    (row,) = await city.rows("select pdf_id from owner_report where tenant_id = $1")
    for reader in (desk.owner, desk.analyst):
        assert (await city.request("GET", f"/files/{row['pdf_id']}", as_=reader)).status_code == 404
    begun = f"mutation {{ ownerReportRunBegin({BEGIN}) {{ errors {{ code }} }} }}"
    assert (await city.graphql(begun, as_=desk.owner))["errors"][0]["extensions"]["code"] == "FORBIDDEN"
