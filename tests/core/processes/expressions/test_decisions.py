"""Decision tables: what fits, what each hit policy makes of it, and errors by the number of the rule."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leancity.core.errors import Problem
from leancity.core.i18n.catalogue import describe
from leancity.core.processes.expressions.decision_reading import NAMESPACES
from leancity.core.processes.expressions.decisions import DecisionError, decide, read_decision
from leancity.core.processes.xml import XmlError
from tests.core.processes.expressions.dmn import document, table

FEES = [
    ['"land"', "< 100", "10.10"],
    ['"land"', "[100..1000)", "20.20"],
    ['"house", "flat"', "-", "area * 0.5"],
    ['not("land", "house", "flat")', "-", "0"],
]


def answer(xml: bytes, **facts: Any) -> Any:
    found = decide(read_decision(xml), facts)
    assert json.loads(json.dumps(found)) == found, "an answer becomes a fact: it is JSON"
    return found


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_a_table_of_every_version_decides(namespace: str) -> None:
    xml = table(["kind", "area"], ["fee"], FEES, namespace=namespace)
    assert answer(xml, kind="land", area=99.9) == 10.1
    assert answer(xml, kind="land", area=100) == 20.2
    assert answer(xml, kind="land", area=1000) is None
    assert answer(xml, kind="flat", area=51) == 25.5
    assert answer(xml, kind="garage") == 0


@pytest.mark.parametrize(
    ("cell", "value", "fits"),
    [
        ("-", None, True),
        ("", "x", True),
        ("5", 5.0, True),
        ("5", "5", False),
        ("5, 7", 7, True),
        ("<= 5", 5, True),
        ("= 5", 5, True),
        ("!= 5", None, True),
        ("]1..5]", 1, False),
        ("(1..5)", 5, False),
        ("[1..5[", 1, True),
        ("not(5, 7)", 6, True),
        ("not(< 5)", 4, False),
        ("not([1..5], 9)", 9, False),
        ("not(?) or ? = 7", 7, True),
        ("? > 1 and ? < 5", 3, True),
        ('starts with(?, "a"), "b"', "b", True),
        ('starts with(?, "a"), "b"', "ac", True),
        ('< date("2026-05-01")', "2026-04-30", True),
        ("limit", 9, True),
        ("> limit", 9, False),
        ('["a", "b"]', "b", True),
        ("null", None, True),
        ("true", True, True),
        ("-5", -5, True),
    ],
)
def test_tests_of_cells(cell: str, value: Any, fits: bool) -> None:
    assert answer(table(["x"], ["fits"], [[cell, "true"]]), x=value, limit=9) is (True if fits else None)


@pytest.mark.parametrize(
    ("policy", "aggregation", "x", "wanted"),
    [
        ("FIRST", "", 5, "b"),
        ("RULE ORDER", "", 5, ["b", "a", "c"]),
        ("COLLECT", "", 5, ["b", "a", "c"]),
        ("PRIORITY", "", 5, "a"),
        ("OUTPUT ORDER", "", 5, ["a", "b", "c"]),
        ("COLLECT", "COUNT", 5, 3),
        ("COLLECT", "COUNT", -1, 0),
        ("RULE ORDER", "", -1, []),
        ("FIRST", "", -1, None),
        (None, "", 11, "c"),
    ],
)
def test_hit_policies(policy: str | None, aggregation: str, x: int, wanted: Any) -> None:
    rules = [["[1..10]", '"b"'], ["[1..9]", '"a"'], ["> 0", '"c"']]
    xml = table(["x"], ["out"], rules, policy=policy, aggregation=aggregation, values='"a", "b", "c"')
    assert answer(xml, x=x) == wanted


@pytest.mark.parametrize(("aggregation", "wanted"), [("SUM", 0.3), ("MIN", 0.1), ("MAX", 0.2), ("COUNT", 2)])
def test_what_is_collected_is_reckoned(aggregation: str, wanted: float) -> None:
    rules = [["> 0", "0.1"], ["> 1", "0.2"], ["> 2", "9"]]
    assert answer(table(["x"], ["out"], rules, policy="COLLECT", aggregation=aggregation), x=2) == wanted


def test_any_takes_rules_that_agree() -> None:
    xml = table(["x"], ["out"], [["> 0", "1"], ["> 1", "1.0"], ["> 2", "2"]], policy="ANY")
    assert answer(xml, x=2) == 1
    with pytest.raises(DecisionError) as caught:
        answer(xml, x=3)
    assert (caught.value.code, caught.value.params) == ("decision_hits_differ", {"rules": "1, 3"})


def test_several_outputs_are_a_context_and_a_default_stands_in() -> None:
    xml = table(["x"], ["unit", "days"], [["1", '"roads"', "5 + x"]], default='"desk"')
    assert answer(xml, x=1) == {"unit": "roads", "days": 6}
    assert answer(xml, x=2) == {"unit": "desk", "days": None}


def test_a_literal_expression_decides() -> None:
    assert answer(document("<literalExpression><text>area * 2</text></literalExpression>"), area=1.5) == 3


def test_two_hits_of_a_unique_table_name_their_rules() -> None:
    with pytest.raises(DecisionError) as caught:
        answer(table(["x"], ["out"], [["> 9", "1"], ["> 1", "2"], ["> 0", "3"]]), x=5)
    assert (caught.value.code, caught.value.params) == ("decision_several_hits", {"rules": "2, 3"})


@pytest.mark.parametrize(
    ("xml", "code", "params"),
    [
        (table(["x"], ["out"], [["1", "1"], ["> >", "2"]]), "decision_cell_wrong", {"rule": 2, "column": "x"}),
        (table(["x"], ["out"], [["1", "__import__('os')"]]), "decision_cell_wrong", {"rule": 1, "column": "out"}),
        (table(["x +"], ["out"], []), "decision_cell_wrong", {"rule": 0}),
        (table(["x"], ["out"], [["1"]]), "decision_cells", {"rule": 1}),
        (table([" "], ["out"], []), "decision_input_empty", {"input": 1}),
        (table(["x"], ["a", ""], []), "decision_output_unnamed", {"output": 2}),
        (table(["x"], [], []), "decision_output_unnamed", {"output": 1}),
        (table(["x"], ["a"], [], policy="BEST"), "decision_policy_unknown", {"policy": "BEST"}),
        (table(["x"], ["a", "b"], [], policy="COLLECT", aggregation="SUM"), "decision_one_output", {}),
        (table(["x"], ["a"], [], policy="PRIORITY"), "decision_values_missing", {"policy": "PRIORITY"}),
        (table(["x"], ["a"], [["1", "1"]] * 5_001), "decision_too_big", {"limit": 10_000}),
        (document("<context/>"), "decision_kind", {}),
        (b"<definitions/>", "decision_none", {}),
        (
            document("").replace(b"</definitions>", b"<decision id='b'/></definitions>"),
            "decision_several",
            {"count": 2},
        ),
    ],
)
def test_a_table_that_is_wrong_says_where(xml: bytes, code: str, params: dict[str, Any]) -> None:
    with pytest.raises(DecisionError) as caught:
        read_decision(xml)
    assert caught.value.code == code
    assert {key: caught.value.params[key] for key in params} == params
    for locale in ("ru", "en"):
        said = describe(Problem(code=code, params=caught.value.params), locale)
        assert said != code and "{" not in said, said


def test_what_only_the_facts_show_is_an_error_of_its_rule() -> None:
    cases = (
        (table(["x"], ["out"], [["-", "1"], ["-", "n * n"]], policy="RULE ORDER"), "decision_cell_wrong", {"rule": 2}),
        (table(["x"], ["out"], [["-", '"z"']], values='"a"'), "decision_value_not_allowed", {"rule": 1}),
        (
            table(["x"], ["o"], [["-", '"z"']], policy="COLLECT", aggregation="SUM"),
            "decision_no_numbers",
            {"rules": "1"},
        ),
    )
    for xml, code, params in cases:
        with pytest.raises(DecisionError) as caught:
            answer(xml, n=10**17)
        assert caught.value.code == code
        assert params.items() <= caught.value.params.items()


def test_xml_is_read_by_the_hardened_reader() -> None:
    with pytest.raises(XmlError, match="xml_doctype"):
        read_decision(b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><a>&x;</a>")
