"""Mappings that a city keeps under a name."""

from __future__ import annotations

import msgspec

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.imports.mapping import FieldMapping, parse_mapping
from leancity.core.imports.tables import ImportProfile
from leancity.core.imports.target import ImportTarget
from leancity.core.moment import now

LONGEST = 100


async def load_profile(target: ImportTarget, name: str) -> FieldMapping:
    """Return the mapping kept under ``name``; ``Refused`` names those that there are."""
    async with tenant_tx():
        rows = await ImportProfile.objects().where(ImportProfile.target == target.name).order_by(ImportProfile.name)
    found = {row.name: row.mapping for row in rows}
    if name not in found:
        raise refuse("import_profile_unknown", "map", name=name, known=", ".join(found) or "–")
    return parse_mapping(found[name])


async def save_profile(target: ImportTarget, name: str, mapping: FieldMapping) -> None:
    """Keep a mapping under ``name``, in place of what was there; its name is the source's where it names none."""
    name = name.strip()
    if not name or len(name) > LONGEST:
        raise refuse("required" if not name else "too_long", "save_map", limit=LONGEST)
    mapping = mapping if mapping.source else msgspec.structs.replace(mapping, source=name)
    text = msgspec.json.encode(mapping).decode()
    async with tenant_tx(write=True):
        row = ImportProfile(target=target.name, name=name, mapping=text, saved_at=now())
        await ImportProfile.insert(row).on_conflict(
            (ImportProfile.tenant_id, ImportProfile.target, ImportProfile.name),
            "DO UPDATE",
            [ImportProfile.mapping, ImportProfile.saved_at],
        )
        await record("core.import_profile.saved", "import_profile", target=target.name, name=name)
