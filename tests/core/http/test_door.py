"""The request's door: host to city, suspended cities, health before the door."""

from __future__ import annotations

import asyncpg

from leancity.core.testing.city import City


async def test_a_suspended_city_says_so(city: City) -> None:
    city.platform.command("city", "suspend", city.tenant.slug)
    answer = await city.request("GET", "/graphql", headers={"Accept-Language": "ru"})
    assert answer.status_code == 503
    assert answer.json()["title"].startswith("Сервис этого города приостановлен")
    city.platform.command("city", "resume", city.tenant.slug)
    assert (await city.data("{ city { slug } }"))["city"]["slug"] == city.tenant.slug


async def test_an_unknown_host_is_404(city: City) -> None:
    answer = await city.request("GET", "/graphql", headers={"Host": "nowhere.example"})
    assert answer.status_code == 404 and answer.json()["code"] == "unknown_city"


async def test_health_answers_on_any_host_before_the_door(city: City) -> None:
    for path in ("/health/live", "/health/ready"):
        assert (await city.request("GET", path, headers={"Host": "10.0.0.1"})).status_code == 200


async def test_a_forwarded_host_counts_from_trusted_proxies_only(city: City) -> None:
    headers = {"Host": "nowhere.example", "X-Forwarded-Host": city.host}
    assert (await city.request("GET", "/graphql", headers=headers)).status_code == 404


async def test_the_request_id_is_answered_and_kept(city: City) -> None:
    answer = await city.request(
        "GET", "/files/00000000-0000-0000-0000-000000000000", headers={"X-Request-Id": "abc-12345"}
    )
    assert answer.headers["x-request-id"] == "abc-12345"
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/problem+json")


async def test_a_path_that_nobody_serves_is_answered_in_the_citys_way(city: City) -> None:
    answer = await city.request("GET", "/nowhere", headers={"Accept-Language": "ru"})
    assert answer.status_code == 404
    assert answer.json()["title"] == "Не найдено"
    assert answer.headers["x-request-id"]


async def test_while_the_database_is_away_every_request_is_told_so(city: City) -> None:
    superuser = await asyncpg.connect(city.platform.superuser_url)
    database = city.platform.database
    try:
        await superuser.execute(f'alter database "{database}" connection limit 0')
        await superuser.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where datname = $1 and usename = 'leancity_app'",
            database,
        )
        answer = await city.request("GET", "/graphql", headers={"Accept-Language": "ru"})
        assert answer.status_code == 503
        assert answer.json()["title"] == "Сейчас мы не можем ответить. Попробуйте ещё раз через минуту"
        assert (await city.request("GET", "/health/ready")).status_code == 503
    finally:
        await superuser.execute(f'alter database "{database}" connection limit -1')
        await superuser.close()
    assert (await city.request("GET", "/health/ready")).status_code == 200
    assert (await city.data("{ city { slug } }"))["city"]["slug"] == city.tenant.slug
