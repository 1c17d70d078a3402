"""Dead letters of all cities, as the operator's place sees and settles them. What was asked for stays in the city."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol, TypeAlias

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.jobs import deadletters
from leancity.core.jobs.deadletters import BATCH, DeadLetter, Wanted
from leancity.core.moment import now
from leancity.core.tenancy.cards import ERASING, cards_of
from leancity.tenants.operator.acts import acting_operator, note, outside, within

MOST = 4 * BATCH  # letters that one request changes
Place: TypeAlias = tuple[str, datetime, uuid.UUID]
"""A letter's place in the list: its city, the moment it died, its id."""


class Change(Protocol):
    """What may become of letters: core's ``replay`` and ``discard``."""

    async def __call__(self, ids: Sequence[uuid.UUID], *, operator: str) -> int: ...


@dataclass(frozen=True, kw_only=True)
class CityLetter:
    """A dead letter and the slug of its city."""

    city: str
    letter: DeadLetter

    @property
    def place(self) -> Place:
        return self.city, self.letter.died_at, self.letter.id


@dataclass(frozen=True, kw_only=True)
class Changed:
    """So many ``letters`` were changed; ``is_complete`` is false where the same request has more to change."""

    letters: int
    is_complete: bool


async def letters(city: str | None, job: str | None, *, limit: int, after: Place | None) -> list[CityLetter]:
    """Return dead letters by city, the eldest first, that follow the place ``after``.

    Only cities that have any are entered, each of which records that it was looked at.
    """
    operator, job = await acting_operator(), _name(job)
    found: list[CityLetter] = []
    for slug in await _cities(city):
        if len(found) == limit or (after and slug < after[0]):
            continue
        keyset = (after[1], after[2]) if after and slug == after[0] else None
        read = partial(_look, Wanted(job=job), limit - len(found), keyset, operator)
        found += [CityLetter(city=slug, letter=letter) for letter in await within(slug, read, field="city")]
    return found


async def count_letters(city: str | None, job: str | None) -> int:
    """Return how many ``letters`` there are."""
    if job is None and city is None:
        return sum((await outside(deadletters.cities_with_dead_letters)).values())
    count = partial(deadletters.count_dead_letters, Wanted(job=_name(job)))
    return sum([await within(slug, count, field="city") for slug in await _cities(city)])


async def replay(city: str | None, job: str | None, ids: Sequence[uuid.UUID]) -> Changed:
    """Let dead letters run anew, with all their attempts: of a city, of a job, these."""
    return await _change(deadletters.replay, "operator.job.replayed", city, job, ids)


async def discard(city: str | None, job: str | None, ids: Sequence[uuid.UUID]) -> Changed:
    """Drop dead letters: of a city, of a job, these."""
    return await _change(deadletters.discard, "operator.job.discarded", city, job, ids)


def _name(job: str | None) -> str | None:
    """Return a job's name as PostgreSQL can look for it."""
    return job and job.replace("\0", "\ufffd")


async def _cities(city: str | None) -> list[str]:
    """Return the slugs of the cities to look in, by the alphabet; refuse an unknown one."""
    slugs = [city] if city else sorted(await outside(deadletters.cities_with_dead_letters))
    cards = await outside(partial(cards_of, slugs))
    if city and city not in cards:
        raise refuse("city_unknown", "city", city=city)
    return [slug for slug in slugs if slug in cards and cards[slug].state != ERASING]


async def _look(
    wanted: Wanted, limit: int, after: tuple[datetime, uuid.UUID] | None, operator: str
) -> list[DeadLetter]:
    found = await deadletters.dead_letters(wanted, limit=limit, after=after)
    if found:
        async with tenant_tx(write=True):
            await record("core.job.seen", "job", jobs=len(found), operator=operator)
    return found


async def _change(change: Change, action: str, city: str | None, job: str | None, ids: Sequence[uuid.UUID]) -> Changed:
    if not (city or job or ids):
        raise refuse("operator.letters_unchosen", "city")
    where = await outside(partial(deadletters.cities_of, ids))
    for each in ids:
        if each not in where or city not in (None, where[each]):
            raise refuse("dead_letter_unknown", "ids", id=str(each))
    operator, begun, total, job = await acting_operator(), now(), 0, _name(job)
    for slug in await _cities(city):
        mine = [each for each in ids if where[each] == slug] if ids else None
        if mine == []:
            continue
        settle = partial(_settle, change, Wanted(job=job, ids=mine, died_before=begun), MOST - total, operator)
        done = await within(slug, settle, field="city")
        if done:
            await note(action, slug, jobs=done, job=job)
        total += done
        if total >= MOST:
            break
    return Changed(letters=total, is_complete=total < MOST)


async def _settle(change: Change, wanted: Wanted, most: int, operator: str) -> int:
    """Change what is dead now, batch by batch: what dies again meanwhile is not changed once more."""
    done, after = 0, None
    while done < most and (found := await deadletters.dead_letters(wanted, limit=min(BATCH, most - done), after=after)):
        done += await change([letter.id for letter in found], operator=operator)
        after = found[-1].died_at, found[-1].id
    return done
