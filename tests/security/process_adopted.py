"""Practices of the matrix's world: one that another city offers, and what became of it here."""

from __future__ import annotations

import uuid

from leancity.core.db.unit import tenant_tx
from leancity.core.ids import new_id
from leancity.core.moment import now
from leancity.core.processes.packages import adopting, file, landing, publishing
from leancity.core.processes.packages.baseline import BaselineCard, Source
from leancity.core.processes.packages.binding import Wish, bind_names
from leancity.core.processes.packages.model import (
    Ancestor,
    CaseTarget,
    Content,
    Decision,
    Drawing,
    Effect,
    Form,
    Lane,
    Name,
    Operation,
    Passport,
    Process,
    Provenance,
    Side,
    Target,
)
from leancity.core.processes.packages.tables import PackageAdoption
from leancity.core.processes.versions.lanes import LaneCard, bind_lane
from leancity.core.processes.versions.uploading import UploadCard, upload_version
from leancity.core.tenancy import catalogue
from leancity.core.testing.city import City
from tests.core.processes.versions.models import DMN, LOOKS, SCHEMA, sketch
from tests.security.actors import within_city
from tests.security.process_drawn import fresh_key


def package(key: str, no: int = 1, word: str = "Шаг 0") -> file.Package:
    """Return a package with something in every part, as a city of this installation would have signed it."""
    side = Side(n=12, median_s=3600, p85_s=7200)
    content = Content(
        key=f"elsewhere/{key}",
        no=no,
        process=Process(key=key, title="Permit", case_kind="core.process"),
        drawing=Drawing(xml=sketch(2).replace("Шаг 0", word), process_element="sketch"),
        forms=(Form(key="form", title="Form", data_schema=SCHEMA, ui_schema=LOOKS),),
        decisions=(Decision(key="table", title="Table", xml=DMN),),
        lanes=(Lane(lane="Clerk", role="core.executor"),),
        names=(Name(kind="role", key="core.executor", title="Executor"),),
        measures=("Tell the staff",),
        targets=(Target(element="sketch", title="Permit", amount=10, unit="working_days", start="moment"),),
        case_targets=(CaseTarget(stage="*", kind="target", amount=15, unit="working_days", start="next_day"),),
        passport=Passport(title="Permit", lead_days=5, operations=(Operation(title="Register", minutes=5),)),
        effect=Effect(
            source="production",
            before=side,
            after=side,
            difference_s=-1,
            low_s=-2,
            high_s=-0.5,
            likelihood=0.01,
            verdict="shorter",
        ),
        provenance=Provenance(
            city="elsewhere",
            title="Elsewhere",
            version_no=1,
            packed_at="2026-01-01T00:00:00+00:00",
            parent=Ancestor(key="origin/permit", no=1, giver="origin", checksum="0" * 64),
        ),
    )
    return file.write(content)


async def make_practices(city: City, another: City) -> dict[str, str]:
    """Let another city offer a practice, and ours have taken it, changed it, and begun to take the next."""
    key = fresh_key()
    next_ = package(key, 2, "Иначе")
    async with within_city(another):
        offered = await _offered(next_)
    async with within_city(city):
        adoption = await landed(package(key))
        if adoption.process_id is None:
            raise AssertionError("what has landed has a process")
        await upload_version(adoption.process_id, sketch(2).replace("Шаг 0", "По-своему").encode(), UploadCard())
        await bind_lane(adoption.process_id, LaneCard(lane="Clerk", is_author=True))
        upgrade = await adopting.adopt(next_, upgrade_of=adoption.process_id)
    ids = {"practice": offered, "adoption": adoption.id, "upgrade": upgrade.id}
    return {word: str(each) for word, each in ids.items()}


async def _offered(made: file.Package) -> uuid.UUID:
    package_id, content = new_id(), made.content
    async with tenant_tx(write=True) as unit:
        await catalogue.offer(
            unit,
            package_id,
            key=content.key,
            no=content.no,
            title=content.process.title,
            summary=publishing.summary_of(content),
            content=made.text,
            checksum=made.checksum,
            at=now(),
        )
    return package_id


async def bound(made: file.Package) -> PackageAdoption:
    """Begin to take a package and say what its role is here."""
    row = await adopting.adopt(made)
    return await bind_names(row.id, [Wish(kind="role", key="core.executor", target="core.executor")])


async def landed(made: file.Package) -> PackageAdoption:
    """Take a package until it is a process."""
    row = await bound(made)
    return await landing.land(row.id, landing.LandCard(baseline=BaselineCard(source=Source.NONE)))
