"""Looking at the catalogue before anything is taken: the list, one package in full, its file."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from leancity.core.cases.checks import SHORT, one_text
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.files.threads import examining
from leancity.core.identity.principal import current_principal
from leancity.core.processes.bpmn.reader import read as read_drawing
from leancity.core.processes.bpmn.svg import svg_of
from leancity.core.processes.packages import file
from leancity.core.processes.packages.model import Content
from leancity.core.processes.versions.stages import READ
from leancity.core.processes.versions.stored import original
from leancity.core.tenancy import catalogue
from leancity.core.tenancy.catalogue import Offered, Wanted


@dataclass(frozen=True, kw_only=True)
class Whole:
    """A package as it is looked at before it is taken."""

    offered: Offered
    package: file.Package


async def list_practices(wanted: Wanted, *, limit: int, after: tuple[datetime, uuid.UUID] | None) -> Sequence[Offered]:
    """Return at most ``limit`` packages, the newest first."""
    _check(wanted)
    async with tenant_tx() as unit:
        return await catalogue.page(unit, wanted, limit=limit, after=after)


async def count_practices(wanted: Wanted) -> int:
    """Return how many packages ``list_practices`` would page through."""
    _check(wanted)
    async with tenant_tx() as unit:
        return await catalogue.count(unit, wanted)


async def find_practice(package_id: uuid.UUID) -> Offered | None:
    """Return a package that is offered or that this city once offered, None for any other."""
    current_principal().require(READ)
    async with tenant_tx() as unit:
        return await catalogue.one(unit, package_id)


async def practice_file(package_id: uuid.UUID) -> file.Package:
    """Return the signed file of a package; refuse one that ``find_practice`` doesn't find."""
    current_principal().require(READ)
    async with tenant_tx() as unit:
        text = await catalogue.content_of(unit, package_id)
    if text is None:
        raise refuse("not_found", "id")
    return await examining(file.read, text.encode())


async def picture_of(content: Content) -> str:
    """Return a package's drawing as SVG."""
    return await examining(_picture, original(content.drawing.xml))


def _picture(xml: bytes) -> str:
    return svg_of(read_drawing(xml))


def _check(wanted: Wanted) -> None:
    current_principal().require(READ)
    for name in ("text", "tag", "case_kind", "effect"):
        one_text(name, getattr(wanted, name), limit=SHORT)
