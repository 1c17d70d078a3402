"""How the states of a report are called by Open311, and by mySociety's longer list that clients know."""

from __future__ import annotations

from leancity.core.cases.registry import open_kinds
from leancity.core.i18n.catalogue import pick
from leancity.modules.city_problems.kinds import DUPLICATE, FIXED, FORWARDED, KEY, NOT_FIXED, NOT_OURS

_OF_OUTCOMES = {
    FIXED: "fixed",
    NOT_FIXED: "no_further_action",
    NOT_OURS: "not_councils_responsibility",
    FORWARDED: "not_councils_responsibility",
    DUPLICATE: "duplicate",
}
_OF_STATES = {
    "reported": "open",
    "sorted": "investigating",
    "forwarding": "investigating",
    "sent": "action_scheduled",
    "in_work": "in_progress",
    "closed": "closed",
}
REOPENED = "reopen"


def detailed_status(state: str, outcome: str | None) -> str:
    """Return the word of mySociety's list for where a report stands; ``outcome`` is None while it is open."""
    return _OF_STATES[state] if outcome is None else _OF_OUTCOMES[outcome]


def standing(state: str, outcome: str | None, locale: str) -> str:
    """Return where a report stands, in the city's own words: how it ended, else its state."""
    kind = open_kinds()[KEY]
    for each in kind.outcomes:
        if each.key == outcome:
            return pick(each.title, locale)
    return pick(kind.state(state).title, locale)
