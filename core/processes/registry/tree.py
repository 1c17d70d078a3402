"""The functions by the city's organisation, a level at a time, and the city's plan against what it has reached."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import current_principal
from leancity.core.identity.settings import CoreSettings
from leancity.core.processes.registry.checking import READ
from leancity.core.processes.registry.stages import ORDER, Stage
from leancity.core.settings.service import settings_of

# Units of one level, each with the functions of itself and of all below it.
_LEVEL = """
with recursive below (root, id) as (
    select id, id from org_unit where tenant_id = $1 and parent_id is not distinct from $2::uuid
    union
    select b.root, c.id from below b join org_unit c on c.parent_id = b.id where c.tenant_id = $1
)
select u.id, u.title, count(distinct b.id) > 1 as has_units, f.stage, count(f.id) as functions
from org_unit u
join below b on b.root = u.id
left join city_function f on f.tenant_id = $1 and f.unit_id = b.id
where u.tenant_id = $1 and u.parent_id is not distinct from $2::uuid
group by grouping sets ((u.id, u.title), (u.id, u.title, f.stage))
order by u.title, u.id, f.stage nulls first
"""
_OWN = """
select unit_id, count(*) as functions from city_function
where tenant_id = $1 and unit_id = any($2::uuid[]) group by unit_id
"""
_STAGES = "select stage, count(*) as functions from city_function where tenant_id = $1 group by stage"


@dataclass(frozen=True, kw_only=True)
class Branch:
    """A unit in the tree: ``stages`` counts the functions of it and of all below it, ``own`` its own alone."""

    unit_id: uuid.UUID
    title: str
    has_units: bool
    functions: int
    own: int
    stages: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class PlanLine:
    """``functions`` at a stage now, ``reached`` at it or beyond; ``target`` is the city's, None where it has none."""

    stage: Stage
    functions: int
    reached: int
    target: int | None


async def branches(unit_id: uuid.UUID | None) -> list[Branch]:
    """Return the units right below a unit, or those at the top, by title."""
    current_principal().require(READ)
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_LEVEL, unit.tenant_id, unit_id)
        ids = [*dict.fromkeys(row["id"] for row in rows)]
        own = {row["unit_id"]: row["functions"] for row in await unit.connection.fetch(_OWN, unit.tenant_id, ids)}
    heads = {row["id"]: row for row in rows}
    has_units = {row["id"]: row["has_units"] for row in rows if row["has_units"]}
    counts: dict[uuid.UUID, dict[str, int]] = {id_: {} for id_ in ids}
    for row in rows:
        if row["stage"] is not None:
            counts[row["id"]][row["stage"]] = row["functions"]
    return [
        Branch(
            unit_id=id_,
            title=heads[id_]["title"],
            has_units=id_ in has_units,
            functions=sum(counts[id_].values()),
            own=own.get(id_, 0),
            stages={stage.value: counts[id_].get(stage.value, 0) for stage in ORDER},
        )
        for id_ in ids
    ]


async def plan() -> list[PlanLine]:
    """Return how many functions stand at each stage, and how many the city wants to have come so far."""
    current_principal().require(READ)
    settings = await settings_of("core", CoreSettings)
    targets = {
        Stage.PLANNED: settings.functions_planned,
        Stage.IN_WORK: settings.functions_in_work,
        Stage.LIVE: settings.functions_live,
    }
    async with tenant_tx() as unit:
        found = {row["stage"]: row["functions"] for row in await unit.connection.fetch(_STAGES, unit.tenant_id)}
    counts = [found.get(stage.value, 0) for stage in ORDER]
    return [
        PlanLine(
            stage=stage,
            functions=counts[place],
            reached=sum(counts[place:]),
            target=targets.get(stage) or None,
        )
        for place, stage in enumerate(ORDER)
    ]
