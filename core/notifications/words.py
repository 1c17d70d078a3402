"""What a notification says: a sentence of the catalogue about a case or a thing, never what people wrote in it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from leancity.core.cases.kinds import CaseKind, CaseState, Outcome
from leancity.core.cases.registry import open_kinds
from leancity.core.i18n.catalogue import pick, text
from leancity.core.notifications.defaults import AUTHOR, FOLLOWER
from leancity.core.notifications.rules import open_defaults
from leancity.core.notifications.subjects import KINDS, title_of


@dataclass(frozen=True, kw_only=True)
class Happening:
    """An event of a case as far as it is told: ``event`` by its name here, ``status`` the state it was in then.

    ``is_own``: to who filed it; ``is_followed``: to who follows it. ``item_id``: of the work item that it is about.
    Of what is no case ``subject`` is the kind and ``subject_id`` which one; what tells of a case is empty then.
    """

    key: str
    event: str
    is_own: bool
    number: str
    case_kind: str
    status: str | None
    outcome: str | None
    is_followed: bool = False
    item_id: str = ""
    subject: str = ""
    subject_id: uuid.UUID | None = None

    @classmethod
    def of(cls, row: asyncpg.Record, facts: Mapping[str, Any], *, is_followed: bool) -> Happening:
        """Return the happening of a row that has the columns, and of the facts of its event."""
        words = {
            name: row[name]
            for name in ("key", "event", "is_own", "number", "case_kind", "status", "subject", "subject_id")
        }
        item_id = str(facts.get("item_id") or "")
        return cls(**words, outcome=facts.get("outcome"), is_followed=is_followed, item_id=item_id)


def sentence(what: Happening, locale: str) -> str:
    """Return what happened, in a language; in the module's own words where its default has some."""
    default = open_defaults().get(what.key)
    key = default.text if default is not None else ""
    to = "_own" if what.is_own else "_followed" if what.is_followed else ""
    return text(key or f"notify_{what.event}{to}", locale, _params(what, locale))


def status_of(what: Happening, locale: str) -> str:
    """Return the state in words, and how the case ended where it has."""
    params = _params(what, locale)
    return f"{params['status']} ({params['outcome']})" if params["outcome"] else params["status"]


def kind_of(what: Happening, locale: str) -> str:
    """Return what kind of case it is, in words."""
    return title_of(what.subject, locale) or _params(what, locale)["kind"]


def sample(key: str, event: str, *, audience: str, case_kind: str) -> Happening:
    """Return an invented happening of a kind of case, or of what the event is of, to show what would be told."""
    subject = next((name for name, each in KINDS.items() if each.event == event), "")
    if subject:
        return Happening(
            key=key, event=event, is_own=False, number="", case_kind="", status=None, outcome=None, subject=subject
        )
    kind = open_kinds().get(case_kind) or next(iter(open_kinds().values()), None)
    closed = kind is not None and event == "closed"
    states = [] if kind is None else [state.key for state in kind.states if state.is_final == closed]
    return Happening(
        key=key,
        event=event,
        is_own=audience == AUTHOR,
        is_followed=audience == FOLLOWER,
        number=f"{'' if kind is None else kind.prefix}-2026-000123",
        case_kind="" if kind is None else kind.key,
        status=states[0] if states else None,
        outcome=kind.outcomes[0].key if kind is not None and closed and kind.outcomes else None,
    )


def _params(what: Happening, locale: str) -> dict[str, str]:
    kind: CaseKind | None = open_kinds().get(what.case_kind)
    return {
        "number": what.number,
        "kind": "" if kind is None else pick(kind.title, locale),
        "status": "" if kind is None else _title(what.status, kind.states, locale),
        "outcome": "" if kind is None else _title(what.outcome, kind.outcomes, locale),
    }


def _title(key: str | None, among: Sequence[CaseState] | Sequence[Outcome], locale: str) -> str:
    return next((pick(each.title, locale) for each in among if each.key == key), key or "")
