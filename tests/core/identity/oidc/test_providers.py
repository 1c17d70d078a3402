"""Providers as an operator makes them."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from pathlib import Path

import pytest

from leancity.core.testing.city import City
from tests.core.identity.oidc.conftest import MakeCity

GIVEN = "s3cret"
GOOD = ["--title", "Вход", "--client-id", "city", "--issuer", "https://sso.example.org/realms/city"]


def run(city: City, *arguments: str, secret: str = GIVEN) -> subprocess.CompletedProcess[str]:
    environment = {**city.platform.environment, "LEANCITY_CLIENT_SECRET": secret}
    platform = dataclasses.replace(city.platform, environment=environment)
    return platform.command("provider", *arguments, "--city", city.tenant.slug, check=False)


async def test_a_provider_is_added_listed_and_disabled(make_city: MakeCity) -> None:
    city = await make_city()
    added = run(city, "add", "sso", *GOOD, "--creates", "staff", "--option", 'algorithms=["ES256"]')
    assert (added.returncode, added.stdout) == (0, "callback: https://<host>/auth/sso/callback\n"), added.stderr
    (row,) = await city.rows("select * from identity_provider where tenant_id = $1")
    assert GIVEN not in str(dict(row)) and row["client_secret"]
    (fact,) = json.loads(run(city, "list", "--json").stdout)
    assert (fact["key"], fact["hasSecret"], fact["creates"]) == ("sso", True, "staff")
    assert (fact["scopes"], fact["options"]) == ("openid email profile", {"algorithms": ["ES256"]})
    assert run(city, "disable", "sso").returncode == 0
    assert "disabled" in run(city, "list").stdout
    assert await city.data("{ signInProviders { key } }") == {"signInProviders": []}
    assert (await city.request("GET", "/auth/sso/start")).status_code == 404
    assert run(city, "enable", "sso").returncode == 0
    assert run(city, "secret", "sso", secret="").returncode == 0
    (changed,) = await city.rows("select client_secret from identity_provider where tenant_id = $1")
    assert changed["client_secret"] == ""
    taken = run(city, "add", "sso", *GOOD)
    assert taken.returncode == 1 and "key: sso is taken" in taken.stderr
    actions = await city.rows("select action from audit_event where tenant_id = $1 and subject = 'identity_provider'")
    assert sorted(row["action"].rpartition(".")[2] for row in actions) == [
        "added",
        "disabled",
        "enabled",
        "secret_changed",
    ]


@pytest.mark.long
async def test_what_does_not_fit_is_refused_with_its_field(make_city: MakeCity, tmp_path: Path) -> None:
    city = await make_city()
    for key, more, field in (
        ("Bad Key", [], "key"),
        ("sso", ["--title", " "], "title"),
        ("sso", ["--issuer", "http://sso.example.org"], "issuer"),
        ("sso", ["--issuer", "https://sso.example.org/?realm=x"], "issuer"),
        ("sso", ["--issuer", ""], "issuer"),
        ("sso", ["--option", 'algorithms=["none"]'], "options"),
        ("sso", ["--option", 'algorithms=["HS256"]'], "options"),
        ("sso", ["--option", "algorithms=[]"], "options"),
        ("sso", ["--option", "unknown=1"], "options"),
        ("sso", ["--dialect", "esia", "--option", "token_url=http://10.0.0.1/te"], "options.token_url"),
        ("sso", ["--dialect", "esia", "--option", "token_url=http://127.0.0.1/te"], "options.token_url"),
    ):
        refused = run(city, "add", key, *GOOD, *more)
        assert (refused.returncode, refused.stderr.split(":")[1].strip()) == (1, field), refused.stderr
    assert run(city, "disable", "sso").returncode == 1
    assert await city.rows("select id from identity_provider where tenant_id = $1") == []
    pem = tmp_path / "esia.pem"
    pem.write_text("-----BEGIN PUBLIC KEY-----\n")
    esia = ["--title", "Госуслуги", "--client-id", "CITY01", "--dialect", "esia"]
    assert run(city, "add", "esia", *esia, "--option", f"public_key=@{pem}").returncode == 0
    (fact,) = json.loads(run(city, "list", "--json").stdout)
    assert (fact["issuer"], fact["hasSecret"]) == ("http://esia.gosuslugi.ru/", False)
    assert fact["options"] == {"public_key": "-----BEGIN PUBLIC KEY-----\n"}
