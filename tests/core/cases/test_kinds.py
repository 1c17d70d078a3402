"""A kind of case that contradicts itself stops the start with its name."""

from dataclasses import replace
from typing import Any

import pytest

from leancity.core.cases.kinds import CaseKind, CaseState, Transition, check_kinds
from leancity.core.errors import StartupError
from tests.core.cases.town import ISSUE, REQUEST, title

EXTRA = CaseState(key="extra", title=title("Extra"))


def link(begin: str, end: str, **more: Any) -> Transition:
    fields: dict[str, Any] = {"name": f"{begin}_{end}", "from_states": (begin,), "to": end, **more}
    return Transition(title=title("x"), permission="desk.request.work", **fields)


def wrong(**changes: Any) -> None:
    replace(REQUEST, **changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"key": "Desk.Request"}, "a key is"),
        ({"prefix": "rq"}, "prefix"),
        ({"title": {"en": "Request"}}, "title in ru and en"),
        ({"states": (*REQUEST.states, replace(EXTRA, title={"ru": "x"}))}, "the state 'extra' needs a title"),
        ({"states": (*REQUEST.states, REQUEST.states[0])}, "'new' is there twice"),
        ({"states": (*REQUEST.states, replace(EXTRA, key="*"))}, "whole case"),
        ({"initial": "nowhere"}, "'nowhere' is not one"),
        ({"initial": "closed"}, "is final"),
        ({"states": tuple(replace(s, is_final=False) for s in REQUEST.states)}, "no state is final"),
        ({"transitions": (*REQUEST.transitions, link("new", "nowhere"))}, "unknown state 'nowhere'"),
        ({"transitions": (*REQUEST.transitions, link("new", "closed", from_states=()))}, "begins in no state"),
        ({"transitions": (*REQUEST.transitions, link("new", "closed", outcomes=("odd",)))}, "unknown outcome 'odd'"),
        ({"states": (*REQUEST.states, EXTRA)}, "'extra' can't be reached"),
        (
            {"states": (*REQUEST.states, EXTRA), "transitions": (*REQUEST.transitions, link("new", "extra"))},
            "no way leads from the state 'extra'",
        ),
        (
            {"terms": (replace(REQUEST.terms[0], stage="nowhere"),)},
            "no state that a case waits in",
        ),
        (
            {"terms": (replace(REQUEST.terms[0], stage="closed"),)},
            "no state that a case waits in",
        ),
        ({"terms": (REQUEST.terms[0], REQUEST.terms[0])}, "is there twice"),
        (
            {"terms": (replace(REQUEST.terms[0], escalation=REQUEST.terms[2].escalation),)},
            "a baseline promises nothing",
        ),
    ],
)
def test_a_kind_that_contradicts_itself_is_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(StartupError) as caught:
        wrong(**changes)
    assert str(caught.value).startswith(f"{changes.get('key', REQUEST.key)}: ")
    assert said in str(caught.value)


def test_two_kinds_can_not_draw_the_same_numbers() -> None:
    check_kinds([REQUEST, ISSUE])
    with pytest.raises(StartupError, match=r"park\.issue: desk\.request numbers"):
        check_kinds([REQUEST, replace(ISSUE, prefix=REQUEST.prefix)])


def test_a_kind_names_its_permissions() -> None:
    assert set(ISSUE.permissions()) == {"park.issue.file", "park.issue.work"}
    assert isinstance(REQUEST, CaseKind)
