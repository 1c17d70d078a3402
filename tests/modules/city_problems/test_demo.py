"""The demo shows the whole life of reports, played by the demo's people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable

from leancity.core.plugins.manager import installed_modules
from leancity.core.testing.city import City
from leancity.tenants.demo import load_demo

REPORTS = """{ cityProblems { reports(first: 100) { totalCount edges { node { status outcome } } }
  polls { edges { node { voters isOpen } } } } }"""


async def test_a_demo_city_has_reports_of_every_state_and_outcome(
    make_city: Callable[..., Awaitable[City]],
) -> None:
    city = await make_city("city_problems")
    async with city.serving():
        await load_demo(installed_modules())
    shown = (await city.data(REPORTS))["cityProblems"]
    assert shown["reports"]["totalCount"] >= 40
    found = Counter((edge["node"]["status"], edge["node"]["outcome"]) for edge in shown["reports"]["edges"])
    assert {status for status, _ in found} == {"reported", "sorted", "sent", "in_work", "closed"}
    assert {outcome for _, outcome in found} == {None, "fixed", "not_fixed", "not_ours", "forwarded", "duplicate"}
    assert [edge["node"] for edge in shown["polls"]["edges"]] == [{"voters": 1, "isOpen": True}]
    marks = await city.rows("select mark, is_contested from city_problems_mark where tenant_id = $1 order by at")
    assert [tuple(row) for row in marks] == [(5, False), (2, True)]
    for table in ("watch", "supporter", "answer"):
        assert await city.rows(f"select 1 from city_problems_{table} where tenant_id = $1"), table
    actors = await city.rows(
        "select distinct u.login from case_event e join user_account u"
        " on u.tenant_id = e.tenant_id and u.id = e.actor_id where e.tenant_id = $1"
    )
    assert {row["login"] for row in actors} >= {"dispatcher", "executor", "gardener", "resident@example.org"}
