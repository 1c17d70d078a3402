"""Polls: the staff ask, residents choose, everybody sees what that adds up to, and nobody reads who chose what."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from leancity.core.audit.log import record
from leancity.core.cases.checks import SHORT, Checks
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.geo.tables import Territory
from leancity.core.i18n.catalogue import LOCALES
from leancity.core.identity.principal import current_principal
from leancity.core.moment import now
from leancity.modules.city_problems.permissions import POLLS
from leancity.modules.city_problems.polls.tables import CityProblemsPoll, CityProblemsPollVote

LONGEST_TEXT = 5000
FEWEST_OPTIONS, MOST_OPTIONS = 2, 20
LONGEST_LASTING = timedelta(days=90)

_LOCK_ACCOUNT = "select from user_account where tenant_id = $1 and id = $2 for no key update"
_CHOOSE = """
insert into city_problems_poll_vote (id, tenant_id, poll_id, user_id, option, at)
select gen_random_uuid(), $1, $2, $3, each, $5 from unnest($4::text[]) each returning id
"""


@dataclass(frozen=True, kw_only=True)
class NewPoll:
    """A question; texts are by language, and one language is enough. ``opens_at`` None: as soon as it is published."""

    title: Mapping[str, str]
    text: Mapping[str, str]
    options: Sequence[Mapping[str, str]]
    is_several: bool
    is_open_count: bool
    closes_at: datetime
    opens_at: datetime | None = None
    territory_id: uuid.UUID | None = None


async def save(new: NewPoll, poll_id: uuid.UUID | None = None) -> CityProblemsPoll:
    """Add a draft, or change one; refuse what does not fit, naming each field, and to change what residents see."""
    current_principal().require(POLLS)
    at = now()
    checks = Checks()
    title = _words(checks, "title", new.title, SHORT, required=True)
    text = _words(checks, "text", new.text, LONGEST_TEXT)
    options = [_words(checks, f"options.{n}.title", each, SHORT, required=True) for n, each in enumerate(new.options)]
    if not FEWEST_OPTIONS <= len(options) <= MOST_OPTIONS:
        checks.wrong("city_problems.poll_options", "options", low=FEWEST_OPTIONS, high=MOST_OPTIONS)
    elif len({json.dumps(each) for each in options}) < len(options):
        checks.wrong("city_problems.poll_option_twice", "options")
    _check_times(checks, new, at)
    checks.done()
    async with tenant_tx(write=True):
        territory = Territory.exists().where(Territory.id == new.territory_id)
        if new.territory_id is not None and not await territory:
            raise refuse("not_found", "territory_id")
        row = CityProblemsPoll(made_at=at) if poll_id is None else await _draft(poll_id)
        row.title, row.text = _json(title), _json(text)
        row.options = _json([{"key": str(n), "title": each} for n, each in enumerate(options, 1)])
        row.is_several, row.is_open_count = new.is_several, new.is_open_count
        row.opens_at, row.closes_at, row.territory_id = new.opens_at or at, new.closes_at, new.territory_id
        await row.save()
        await record("city_problems.poll.saved", "city_problems_poll", row.id)
    return row


async def publish(poll_id: uuid.UUID) -> CityProblemsPoll:
    """Show a draft to the residents; from now on it stays as it is, and closes by itself."""
    current_principal().require(POLLS)
    async with tenant_tx(write=True):
        row = await _draft(poll_id)
        if row.closes_at <= now():
            raise refuse("city_problems.poll_times", "closes_at", days=LONGEST_LASTING.days)
        row.is_published = True
        await row.save([CityProblemsPoll.is_published])
        await record("city_problems.poll.published", "city_problems_poll", row.id)
    return row


async def remove(poll_id: uuid.UUID) -> None:
    """Remove a draft."""
    current_principal().require(POLLS)
    async with tenant_tx(write=True):
        row = await _draft(poll_id)
        await row.remove()
        await record("city_problems.poll.removed", "city_problems_poll", poll_id)


async def vote(poll_id: uuid.UUID, options: Sequence[str]) -> CityProblemsPoll:
    """Choose options of an open poll, as whoever asks; what they chose before no longer counts."""
    user_id = current_principal().account()
    async with tenant_tx(write=True) as unit:
        # Of two choices of one person at once the second replaces the first.
        await unit.connection.execute(_LOCK_ACCOUNT, unit.tenant_id, user_id)
        row = await CityProblemsPoll.objects().where(CityProblemsPoll.id == poll_id).first()
        if row is None or not row.is_published:
            raise refuse("not_found", "id")
        at = now()
        if not row.opens_at <= at < row.closes_at:
            raise refuse("city_problems.poll_not_open", "id")
        chosen = {*options}
        if not chosen:
            raise refuse("required", "options")
        if len(chosen) > 1 and not row.is_several:
            raise refuse("city_problems.poll_one_option", "options")
        if chosen - {each["key"] for each in json.loads(row.options)}:
            raise refuse("city_problems.poll_option_unknown", "options")
        mine = (CityProblemsPollVote.poll_id == poll_id) & (CityProblemsPollVote.user_id == user_id)
        await CityProblemsPollVote.delete().where(mine)
        await unit.connection.fetch(_CHOOSE, unit.tenant_id, poll_id, user_id, sorted(chosen), at)
        await record("city_problems.poll.voted", "city_problems_poll", poll_id)
    return row


async def _draft(poll_id: uuid.UUID) -> CityProblemsPoll:
    """Lock and return a draft; refuse a poll that residents see already."""
    row = await CityProblemsPoll.objects().where(CityProblemsPoll.id == poll_id).lock_rows("UPDATE").first()
    if row is None:
        raise refuse("not_found", "id")
    if row.is_published:
        raise refuse("city_problems.poll_published", "id")
    return row


def _words(
    checks: Checks, field: str, given: Mapping[str, str], limit: int, *, required: bool = False
) -> dict[str, str]:
    """Return what was written in any language; where it is ``required`` one is enough."""
    words = {locale: checks.text(f"{field}_{locale}", given.get(locale, ""), limit=limit) for locale in LOCALES}
    if required and not any(words.values()):
        checks.wrong("required", f"{field}_{LOCALES[0]}")
    return {locale: each for locale, each in words.items() if each}


def _check_times(checks: Checks, new: NewPoll, at: datetime) -> None:
    if not at < new.closes_at <= at + LONGEST_LASTING:
        checks.wrong("city_problems.poll_times", "closes_at", days=LONGEST_LASTING.days)
    if new.opens_at is not None and new.opens_at >= new.closes_at:
        checks.wrong("city_problems.poll_opens_late", "opens_at")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
