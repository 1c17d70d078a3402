"""Drawings going out: as they were uploaded, for another engine, as a picture, and beside one another."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum

from leancity.core.db.unit import tenant_tx
from leancity.core.files.threads import examining
from leancity.core.identity.principal import current_principal
from leancity.core.processes.bpmn.diff import Diff, diff
from leancity.core.processes.bpmn.export import export
from leancity.core.processes.bpmn.reader import read
from leancity.core.processes.bpmn.svg import svg_of
from leancity.core.processes.versions.rows import find_version
from leancity.core.processes.versions.stages import READ
from leancity.core.processes.versions.stored import original
from leancity.core.processes.versions.tables import ProcessVersion


class ExportProfile(StrEnum):
    """For whom a drawing is exported. ``original`` is what was uploaded, byte for byte."""

    ORIGINAL = "original"
    STANDARD = "standard"
    CAMUNDA7 = "camunda7"
    CAMUNDA8 = "camunda8"
    FLOWABLE = "flowable"


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A file to save: its name and its bytes."""

    name: str
    data: bytes


async def exported(version_id: uuid.UUID, profile: ExportProfile) -> Exported:
    """Return a version's drawing for ``profile``."""
    version = await _readable(version_id)
    data = original(version.xml)
    if profile is not ExportProfile.ORIGINAL:
        data = await examining(export, data, profile.value)
    return Exported(name=f"{version.process_element[:100]}-{version.no}.bpmn", data=data)


async def picture(version_id: uuid.UUID) -> str:
    """Return a version's drawing as SVG."""
    version = await _readable(version_id)
    return await examining(_picture, original(version.xml))


async def difference(old_id: uuid.UUID, new_id: uuid.UUID) -> Diff:
    """Return what one version draws otherwise than another."""
    old, new = await _readable(old_id), await _readable(new_id)
    same = old.process_element if old.process_element == new.process_element else ""
    return await examining(_difference, original(old.xml), original(new.xml), same)


async def _readable(version_id: uuid.UUID) -> ProcessVersion:
    current_principal().require(READ)
    async with tenant_tx():
        return await find_version(version_id)


def _picture(data: bytes) -> str:
    return svg_of(read(data))


def _difference(old: bytes, new: bytes, process_element: str) -> Diff:
    return diff(read(old), read(new), process_element)
