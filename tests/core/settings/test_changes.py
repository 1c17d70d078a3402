"""What may be set: everything wrong is told at once, in the reader's words, at the field that was sent."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leancity.core.errors import Refused
from leancity.core.i18n.catalogue import describe
from leancity.core.settings.changes import validated
from leancity.core.settings.layers import Origin, resolved
from tests.core.settings.rich import RichSettings, fields

WRONG: list[tuple[str, Any, str, str, str]] = [
    ("is_open", 1, "setting_type", "Ожидается да или нет (true или false)", "Expected: yes or no (true or false)"),
    ("places", 21, "setting_too_large", "Не больше 20", "At most 20"),
    ("places", -1, "setting_too_small", "Не меньше 0", "At least 0"),
    ("places", True, "setting_type", "Ожидается целое число", "Expected: a whole number"),
    ("places", 1.0, "setting_type", "Ожидается целое число", "Expected: a whole number"),
    ("limit", 2**31, "setting_too_large", "Не больше 2147483647", "At most 2147483647"),
    ("share", float("inf"), "setting_type", "Ожидается число", "Expected: a number"),
    ("share", float("nan"), "setting_type", "Ожидается число", "Expected: a number"),
    ("share", 10**400, "setting_type", "Ожидается число", "Expected: a number"),
    ("code", "abcdef", "setting_too_long", "Не длиннее 5 знаков", "At most 5 characters"),
    (
        "code",
        "ABC",
        "setting_pattern",
        "Значение записано не так, как нужно. Пояснение",
        "The value is not written as it should be. Help",
    ),
    ("note", "a\0", "setting_type", "Ожидается текст", "Expected: a text"),
    ("note", "\ud800", "setting_type", "Ожидается текст", "Expected: a text"),
    (
        "way",
        "fax",
        "setting_choice",
        "Выберите одно из: mail (Почта), sms (СМС)",
        "Choose one of: mail (Mail), sms (SMS)",
    ),
    ("way", 1, "setting_type", "Ожидается один из вариантов", "Expected: one of the choices"),
    ("opens", "9:00", "setting_type", "Ожидается время в виде ЧЧ:ММ", "Expected: a time as HH:MM"),
    ("opens", "05:59", "setting_too_small", "Не меньше 06:00", "At least 06:00"),
    ("opens", "22:31", "setting_too_large", "Не больше 22:30", "At most 22:30"),
    (
        "pause",
        "half an hour",
        "setting_type",
        "Ожидается длительность по ISO 8601, например PT30M",
        "Expected: an ISO 8601 duration, such as PT30M",
    ),
    ("pause", "PT3H", "setting_too_large", "Не больше PT7200S", "At most PT7200S"),
    ("pause", "-PT1S", "setting_too_small", "Не меньше P0D", "At least P0D"),
    ("days", 1, "setting_type", "Ожидается список", "Expected: a list"),
    ("days", [1] * 4, "setting_too_many", "Не больше 3 значений в списке", "At most 3 values in the list"),
    ("dragons", 1, "setting_unknown", "Такой настройки нет", "There is no such setting"),
]


def refused(changes: Any, path: str = "changes.rich") -> Refused:
    with pytest.raises(Refused) as raised:
        validated(RichSettings, changes, path)
    return raised.value


@pytest.mark.parametrize(("name", "value", "code", "russian", "english"), WRONG)
def test_what_does_not_fit_is_told(name: str, value: Any, code: str, russian: str, english: str) -> None:
    (problem,) = refused({name: value}).problems
    assert (problem.field, problem.code) == (f"changes.rich.{name}", code)
    assert (describe(problem, "ru"), describe(problem, "en")) == (russian, english)


def test_everything_wrong_is_told_at_once_and_an_item_by_its_place() -> None:
    problems = refused({"places": 21, "days": [1, 8, "x"], "share": 1, "dragons": None}).problems
    assert [(problem.field, problem.code) for problem in problems] == [
        ("changes.rich.places", "setting_too_large"),
        ("changes.rich.days.1", "setting_too_large"),
        ("changes.rich.days.2", "setting_type"),
        ("changes.rich.dragons", "setting_unknown"),
    ]
    for nothing in ([1], "x", 1, None):
        (problem,) = refused(nothing, "changes").problems
        assert (problem.field, problem.code) == ("changes", "setting_type")


def test_the_edge_of_every_bound_fits() -> None:
    edge = {"places": 20, "opens": "22:30", "pause": "PT2H", "days": [7, 1, 7], "code": "abcde", "limit": 2**31 - 1}
    assert validated(RichSettings, {**edge, "way": None}) == {**edge, "way": None}


_TEXTS = st.text(max_size=60)
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "is_open": st.booleans(),
    "places": st.integers(-2, 22),
    "share": st.floats() | st.integers(),
    "code": st.from_regex(r"[a-z]{0,6}", fullmatch=True) | _TEXTS,
    "way": st.sampled_from(["mail", "sms", "fax"]),
    "opens": st.times().map(lambda each: each.isoformat("minutes")) | _TEXTS,
    "pause": st.timedeltas().map(msgspec.to_builtins) | _TEXTS,
    "days": st.lists(st.integers(0, 8), max_size=4),
    "ways": st.lists(st.sampled_from(["mail", "sms"]), max_size=3),
    "limit": st.integers(),
    "note": _TEXTS,
}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.fixed_dictionaries({}, optional={name: values | st.none() for name, values in _VALUES.items()}))
def test_what_is_taken_reads_back_as_it_was_sent(changes: dict[str, Any]) -> None:
    try:
        taken = validated(RichSettings, changes)
    except Refused as refusal:
        for problem in refusal.problems:
            assert describe(problem, "ru") and "{" not in describe(problem, "en")
        return
    own = {name: value for name, value in json.loads(json.dumps(taken)).items() if value is not None}
    found = resolved(RichSettings, own, {})
    assert found.dropped == {}
    for each in found.fields:
        sent = changes.get(each.field.name)
        assert each.value == (each.field.default if sent is None else sent)
        assert each.origin is (Origin.MODULE if sent is None else Origin.CITY)
        assert getattr(found.settings, each.field.name) == each.field.read(each.value)


def test_layers_lie_over_one_another_and_what_does_not_fit_is_passed_over() -> None:
    found = resolved(
        RichSettings, {"places": 99, "way": "sms", "gone": [1]}, {"places": 7, "way": "mail", "limit": "x"}
    )
    shown = {each.field.name: (each.value, each.origin, each.inherited) for each in found.fields}
    assert shown["places"] == (7, Origin.REGION, 7)
    assert shown["way"] == ("sms", Origin.CITY, "mail")
    assert shown["limit"] == (None, Origin.MODULE, None)
    assert found.dropped == {"places": {Origin.CITY: 99}, "limit": {Origin.REGION: "x"}, "gone": {Origin.CITY: [1]}}
    assert (found.settings.places, found.settings.way, found.settings.limit) == (7, "sms", None)
    assert set(fields()) == set(shown)
