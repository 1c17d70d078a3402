"""Operators have no standing access: they ask, the city decides, sees and ends it."""

from __future__ import annotations

import json
from typing import Any

import httpx

from leancity.core.testing.city import City

LIST = "{ operatorAccesses { totalCount edges { node { id operator reason state isEmergency decider { name } } } } }"


async def bearer(city: City, key: str, query: str) -> httpx.Response:
    return await city.request("POST", "/graphql", headers={"Authorization": f"Bearer {key}"}, json={"query": query})


def ask(city: City, *more: str) -> str:
    slug = city.tenant.slug
    done = city.platform.command("access", "ask", "--city", slug, "--reason", "Заявка 17", "--operator", "ivan", *more)
    return done.stdout.strip()


async def test_the_city_lets_an_operator_in_sees_what_is_done_and_ends_it(city: City) -> None:
    admin = await city.user(roles=["core.administrator"])
    access = ask(city, "--hours", "3")
    key = ("access", "key", "--city", city.tenant.slug, access)
    assert "not granted" in city.platform.command(*key, check=False).stderr
    (node,) = [edge["node"] for edge in (await city.data(LIST, as_=admin))["operatorAccesses"]["edges"]]
    assert (node["operator"], node["reason"], node["state"]) == ("ivan", "Заявка 17", "ASKED")
    decide = f'mutation {{ operatorAccessDecide(id: "{access}", isGranted: true) {{ access {{ state }} }} }}'
    assert (await city.data(decide, as_=admin))["operatorAccessDecide"]["access"]["state"] == "GRANTED"
    secret = city.platform.command(*key).stdout.strip()
    seen = (await bearer(city, secret, "{ viewer { name permissions } inbox { totalCount } }")).json()["data"]
    assert seen["viewer"] == {"name": "ivan", "permissions": ["core.audit.read", "core.case.read", "core.unit.read"]}
    denied = (await bearer(city, secret, "{ people { totalCount } }")).json()
    assert denied["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    end = f'mutation {{ operatorAccessEnd(id: "{access}") {{ errors {{ code }} access {{ state }} }} }}'
    assert (await city.data(end, as_=admin))["operatorAccessEnd"]["access"]["state"] == "ENDED"
    assert (await bearer(city, secret, "{ viewer { name } }")).status_code == 401
    assert "not granted" in city.platform.command(*key, check=False).stderr


async def test_a_refused_access_opens_nothing(city: City) -> None:
    admin = await city.user(roles=["core.administrator"])
    access = ask(city)
    decide = f'mutation {{ operatorAccessDecide(id: "{access}", isGranted: false) {{ errors {{ code }} }} }}'
    assert (await city.data(decide, as_=admin))["operatorAccessDecide"]["errors"] == []
    again = decide.replace("false", "true")
    assert (await city.data(again, as_=admin))["operatorAccessDecide"]["errors"] == [{"code": "access_decided"}]


async def test_an_emergency_is_short_and_seen_as_such(city: City) -> None:
    admin = await city.user(roles=["core.administrator"])
    slug = city.tenant.slug
    ask_long = ("access", "ask", "--city", slug, "--reason", "x", "--emergency", "--hours", "3")
    assert city.platform.command(*ask_long, check=False).returncode == 1
    access = ask(city, "--emergency", "--hours", "1")
    secret = city.platform.command("access", "key", "--city", slug, access).stdout.strip()
    assert (await bearer(city, secret, "{ inbox { totalCount } }")).json()["data"]["inbox"] == {"totalCount": 0}
    (node,) = [edge["node"] for edge in (await city.data(LIST, as_=admin))["operatorAccesses"]["edges"]]
    assert (node["isEmergency"], node["decider"]) == (True, None)
    commands = await city.rows(
        "select data, actor_kind from audit_event where tenant_id = $1 and action = 'core.command.run' order by at"
    )
    told: list[Any] = [json.loads(row["data"])["command"] for row in commands]
    assert told == ["access ask", "access ask", "access key"], "what an operator runs on the server is seen too"
    assert {row["actor_kind"] for row in commands} == {"system"}


async def test_it_ends_with_its_hours_and_opens_no_other_city(city: City, another_city: City) -> None:
    access = ask(city, "--emergency", "--hours", "1")
    secret = city.platform.command("access", "key", "--city", city.tenant.slug, access).stdout.strip()
    assert (await bearer(another_city, secret, "{ viewer { name } }")).status_code == 401
    async with city.serving():
        from leancity.core.db.unit import tenant_tx
        from leancity.core.identity.tables import OperatorAccess
        from leancity.core.moment import now

        async with tenant_tx(write=True):
            await OperatorAccess.update({OperatorAccess.expires_at: now()}).where(OperatorAccess.operator == "ivan")
    assert (await bearer(city, secret, "{ viewer { name } }")).status_code == 401
