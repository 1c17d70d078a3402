"""Polls of residents."""

from __future__ import annotations

from piccolo.columns import JSONB, Boolean, Text, Timestamptz

from leancity.core.db.tables import TenantRef, TenantTable
from leancity.core.geo.tables import Territory
from leancity.core.identity.tables import UserAccount


class CityProblemsPoll(TenantTable):
    """A question to the residents. ``title``, ``text`` and each option are by language.

    ``options`` is ``[{"key": …, "title": {"ru": …, "en": …}}, …]``; with ``is_several`` more than one may be chosen.
    It takes votes from ``opens_at`` up to ``closes_at``; results are shown once it is closed, before too where
    ``is_open_count``. ``is_published``: residents see it, and its options stay as they are.
    """

    title = JSONB(default="{}")
    text = JSONB(default="{}")
    options = JSONB(default="[]")
    is_several = Boolean(default=False)
    is_open_count = Boolean(default=False)
    is_published = Boolean(default=False)
    territory_id = TenantRef(Territory, null=True, on_delete="set null")
    opens_at = Timestamptz()
    closes_at = Timestamptz()
    made_at = Timestamptz()

    index_keys = (("is_published", "closes_at", "id"),)


class CityProblemsPollVote(TenantTable):
    """A resident's choice of one option; nobody but the count reads who chose what."""

    poll_id = TenantRef(CityProblemsPoll, on_delete="cascade")
    user_id = TenantRef(UserAccount, on_delete="cascade")
    option = Text()
    at = Timestamptz()

    unique_keys = (("poll_id", "user_id", "option"),)
