"""The demo shows how it was and how it is, and a second load changes nothing."""

from __future__ import annotations

from collections import Counter

import pytest

from leancity.core.testing.facts import load_demo
from tests.modules.mayor_assignments.conftest import MODULE, Hall

_LOG = "select cases from imported_log where tenant_id = $1"
_LEADS = """
select percentile_cont(0.5) within group (order by extract(epoch from closed_at - opened_at) / 86400) as median
from process_case_fact where tenant_id = $1 and log_id is not null
"""
_OWNER = "select owner_id from process where tenant_id = $1 and key = 'mayor_assignments.assignment'"
_PLANS = "select period, is_active from report_plan where tenant_id = $1"
_STATES = "select kind, status from case_record where tenant_id = $1"


@pytest.mark.long
async def test_the_demo_shows_how_it_was_and_goes_as_far_as_the_city_has_people(hall: Hall) -> None:
    for login, user in (("executor", hall.executor), ("gardener", hall.gardener)):
        await hall.city.rows(
            "update user_account set login = $2 where tenant_id = $1 and id = $3 returning id", login, user.id
        )
    for _ in range(2):
        await load_demo(hall.city, MODULE)
    ((cases,),) = await hall.city.rows(_LOG)
    assert cases == 24
    ((median,),) = await hall.city.rows(_LEADS)
    assert 60 < float(median) < 80, "it was 70 days"
    states = Counter(row["status"] for row in await hall.city.rows(_STATES) if row["kind"].endswith("assignment"))
    ((owner,),) = await hall.city.rows(_OWNER)
    assert owner == hall.mayor.id
    assert [tuple(row) for row in await hall.city.rows(_PLANS)] == [("week", True)]
    assert states == {"issued": 1, "in_work": 1, "reported": 1, "returned": 1, "closed": 1}
