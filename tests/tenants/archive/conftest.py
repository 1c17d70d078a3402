"""An installation elsewhere, empty, with a key and a folder of its own; and a city that has something of everything."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrage
import pytest
import pytest_asyncio
from pyotp import TOTP

from leancity.core.audit.seal import seal
from leancity.core.cases.comments import comment
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused
from leancity.core.identity.erasure import ask_erasure
from leancity.core.identity.oidc.providers import change_secret
from leancity.core.identity.tables import IdentityProvider, OrgUnit, UserAccount
from leancity.core.identity.totp import begin_totp, confirm_totp
from leancity.core.identity.units import create_unit
from leancity.core.jobs.outbox import enqueue
from leancity.core.moment import now
from leancity.core.plugins.manager import installed_modules
from leancity.core.settings.service import change_settings
from leancity.core.tenancy.service import set_suspended
from leancity.core.testing.city import City, TestUser
from leancity.modules.city_problems.demo import load_categories
from leancity.tenants.archive import importing
from leancity.tenants.archive.exporting import Exported, Wanted, export_city
from leancity.tenants.archive.importing import Imported, import_city
from tests.core.files.made import picture
from tests.tenants.archive.elsewhere import Elsewhere as Elsewhere
from tests.tenants.archive.elsewhere import elsewhere as elsewhere
from tests.tenants.archive.elsewhere import migrated as migrated


@dataclass(frozen=True, kw_only=True)
class Full:
    """A city with something of everything; what is needed to know it again."""

    city: City
    user: TestUser
    session: TestUser
    totp: str
    job: uuid.UUID
    unit: uuid.UUID
    file: dict[str, Any]
    content: bytes


@pytest_asyncio.fixture
async def full(city: City) -> Full:
    """A suspended city with cases, files, people, secrets, settings and a job that waits."""
    async with city.serving():
        await load_categories()
        unit = await create_unit("roads", "Дороги «Ё»")
        await create_unit("lamps", "Lamps", unit)
    user = await city.user("core.case.read", "core.case.comment", unit_id=unit)
    session = await city.signed_in(user)
    content = picture(size=(320, 200))
    sent = await city.request("POST", "/files", files={"file": ("яма.jpg", content, "image/jpeg")})
    photo = {"id": sent.json()["id"], "claim": sent.json()["claim"]}
    report = """mutation ($input: CityProblemsReportInput!) {
      cityProblemsReport(input: $input) { errors { code field } report { id } } }"""
    given = {
        "point": {"lat": 46.9591, "lon": 142.738},
        "category": "pothole",
        "text": 'Яма\t"глубокая" \\ 🕳',
        "photos": [photo],
    }
    filed = (await city.data(report, {"input": given}, as_=user))["cityProblemsReport"]
    assert filed["errors"] == []
    async with city.serving(user):
        await comment(uuid.UUID(filed["report"]["id"]), "Видел\n\u2028сам")
    async with city.serving():
        async with tenant_tx():
            account = await UserAccount.objects().get(UserAccount.id == user.id)
        assert account is not None
        enrolment = await begin_totp(account)
        await confirm_totp(user.id, TOTP(enrolment.secret).at(now(), counter_offset=-1))
        async with tenant_tx(write=True):
            await OrgUnit.update({OrgUnit.head_id: user.id}).where(OrgUnit.id == unit)
            await IdentityProvider(key="issuer", title="Issuer", issuer="https://issuer.test", client_id="x").save()
        await change_settings(installed_modules(), "city_problems", SETTINGS)
        await change_secret("issuer", "the provider's secret")
        job = await enqueue("core.prune_jobs", {})
    async with city.serving(await city.user("core.person.erase")):
        await ask_erasure(email="gone@example.org", reason="17")
    await set_suspended(city.tenant.slug, True)
    await seal(city.tenant.id)
    return Full(
        city=city, user=user, session=session, totp=enrolment.secret, job=job, unit=unit, file=sent.json(),
        content=(await stored(city))[0],
    )  # fmt: skip


async def stored(city: City) -> list[bytes]:
    """Return all bytes that the store keeps of a city."""
    return [path.read_bytes() for path in paths(city)]


def paths(city: City) -> list[Path]:
    """Return where the bytes of a city lie."""
    root = Path(city.platform.environment["LEANCITY_FILES"]) / city.tenant.slug
    return [path for path in sorted(root.rglob("*")) if path.is_file()]


SETTINGS = {"most_photos": 7}


@pytest.fixture
def key(tmp_path: Path) -> tuple[str, Path]:
    """A public key of age, and the file with the secret one."""
    identity = pyrage.x25519.Identity.generate()
    path = tmp_path / "key.txt"
    path.write_text(f"# made by a test\n{identity}\n")
    return str(identity.to_public()), path


async def exported(city: City, to: Path, **more: Any) -> Exported:
    """Export a city in this process."""
    return await export_city(Wanted(slug=city.tenant.slug, to=to, **more))


async def imported(file: Path, **more: Any) -> Imported:
    """Import an archive in this process."""
    return await import_city(installed_modules(), importing.Wanted(file=file, **more))


@contextmanager
def refused(code: str, field: str) -> Iterator[None]:
    """Hold that the block is refused for one reason."""
    with pytest.raises(Refused) as caught:
        yield
    assert [(problem.code, problem.field) for problem in caught.value.problems] == [(code, field)]
