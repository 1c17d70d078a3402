"""Kinds of case that ``core.case.read`` does not open: each names the permission that does.

Who filed a case of such a kind, or is assigned to it, sees it as they see any; who holds a task of it sees the task.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from leancity.core.cases.kinds import CaseKind
from leancity.core.cases.registry import open_kinds
from leancity.core.identity.principal import current_principal
from leancity.core.identity.scopes import EVERYWHERE, Reach

COMMON = "core.case.read"
"""What opens the cases of every kind that is none apart."""

APART = """(
    case_record.author_id = {who}::uuid or case_record.assignee_id = {who}::uuid
    or exists (
        select from unnest({kinds}::text[], {units}::uuid[], {territories}::uuid[], {receivers}::uuid[])
            as opened (kind, unit_id, territory_id, receiver_id)
        where opened.kind = case_record.kind
        and (opened.unit_id is null or opened.unit_id = case_record.unit_id or exists (
            select from case_handover h where h.tenant_id = $1 and h.case_id = case_record.id
                and h.receiver_id = opened.receiver_id and h.state = 'offered'))
        and (opened.territory_id is null or exists (
            select from territory_range t where t.tenant_id = $1 and t.territory_id = opened.territory_id
                and case_record.cell between t.low and t.high))))"""
"""The condition on a ``case_record`` of a kind apart; $1 is the city, ``{who}`` whoever asks, ``apart`` gives the rest.

There are few such cases in a city, so it need not reach an index; what says which kinds are apart stands before it.
"""


def apart(permission: str, *, offered: bool) -> tuple[list[str] | None, list[Any], list[Any], list[Any], list[Any]]:
    """Return the kinds apart of which ``permission`` does not reach every case, and what it reaches of them.

    That is: kinds (None where there are none), and of each part that is reached its kind, its unit, its territory
    (None: of all) and, where ``offered`` allows, the unit again as one that is offered cases.
    """
    parts = {kind.key: [*_reaches(permission, kind)] for kind in open_kinds().values() if kind.reading_permission}
    # Who reads all of a kind, and of the common ones not all, needs it told apart still.
    is_wide = EVERYWHERE in _granted(permission)
    bounded = {key: reaches for key, reaches in parts.items() if not (is_wide and EVERYWHERE in reaches)}
    if not bounded:
        return None, [], [], [], []
    rows: list[tuple[Any, ...]] = [
        (key, unit_id, reach.territory_id, unit_id if offered and reach.territory_id is None else None)
        for key, reaches in bounded.items()
        for reach in reaches
        for unit_id in (reach.units if reach.units is not None else (None,))
    ]
    kinds, units, territories, receivers = ([row[place] for row in rows] for place in range(4))
    return [*bounded], kinds, units, territories, receivers


def reads_all(kind: CaseKind) -> bool:
    """Tell whether whoever asks may read every case of a kind, as far as its own permission says."""
    return kind.reading_permission is None or EVERYWHERE in _granted(kind.reading_permission)


def _reaches(permission: str, kind: CaseKind) -> Iterable[Reach]:
    """Return what whoever asks reaches of a kind apart: of a module's own permission on its own kind nothing else."""
    mine = _granted(permission)
    if permission != COMMON and permission.partition(".")[0] == kind.module:
        return mine
    read = _granted(kind.reading_permission or COMMON)
    return read if permission == COMMON else _common(mine, read)


def _granted(permission: str) -> frozenset[Reach]:
    who = current_principal()
    return who.reach_of(permission) if who.can(permission) else frozenset()


def _common(some: Iterable[Reach], others: Iterable[Reach]) -> Iterator[Reach]:
    """Yield what lies within one of each; nothing is known to lie within two territories."""
    for one in some:
        for other in others:
            places = {each for each in (one.territory_id, other.territory_id) if each is not None}
            if len(places) < 2:
                yield Reach(units=_units(one.units, other.units), territory_id=next(iter(places), None))


def _units(one: frozenset[uuid.UUID] | None, other: frozenset[uuid.UUID] | None) -> frozenset[uuid.UUID] | None:
    return other if one is None else one if other is None else one & other
