"""What an operation costs, and what is too much."""

from __future__ import annotations

import time
from typing import Any

import pytest
from graphql import get_operation_ast, parse

from leancity.core.errors import Refused
from leancity.core.plugins.manager import Modules
from leancity.graphql import limits
from leancity.graphql.schema import build_schema

CUT = 'cut: {processId: "0190163d-8694-739b-aea5-966c26f8ad91"}'
VARIANTS = "total cases variants { nodes cases share median isFew }"


@pytest.fixture
def measure(example: Any) -> Any:
    schema = build_schema(example.modules, example.modules.names)._schema

    def run(query: str, variables: dict[str, Any] | None = None, name: str | None = None) -> limits.Measure:
        document = parse(query)
        operation = get_operation_ast(document, name)
        assert operation is not None
        limits.check_limits(schema, document, operation, variables or {})
        meter = limits._Meter(schema, document, operation, variables or {})
        return meter.selections(operation.selection_set, schema.get_root_type(operation.operation))

    return run


def code(measure: Any, query: str, variables: dict[str, Any] | None = None) -> str:
    with pytest.raises(Refused) as refusal:
        measure(query, variables)
    return refusal.value.problems[0].code


@pytest.mark.parametrize(
    ("query", "variables", "cost"),
    [
        ("{ viewer { name locale } }", {}, 3),
        ("{ cityNotes { hello } }", {}, 2),
        ("{ cityNotes { notes(first: 10) { totalCount } } }", {}, 1 + 1 + 10),
        ("{ cityNotes { notes { edges { node { key } } } } }", {}, 1 + 1 + 25 * 3),
        ("{ cityNotes { notes(first: null) { edges { node { key } } } } }", {}, 1 + 1 + 25 * 3),
        ("query($n: Int) { cityNotes { notes(first: $n) { edges { node { key } } } } }", {"n": 50}, 2 + 50 * 3),
        ("query($n: Int = 4) { cityNotes { notes(first: $n) { edges { node { key } } } } }", {}, 2 + 4 * 3),
        ("query($n: Int) { cityNotes { notes(first: $n) { edges { node { key } } } } }", {}, 2 + 25 * 3),
        ("query($n: Int) { cityNotes { notes(first: $n) { edges { cursor } } } }", {"n": "many"}, 2 + 25 * 2),
        ("{ cityNotes { notes(first: -5) { totalCount } } }", {}, 3),
        ("{ cityNotes { notes(first: 3) { edges { node { notes(first: 2) { totalCount } } } } } }", {}, 2 + 3 * 5),
        ("{ cityNotes { tags { lat lon } } }", {}, 1 + 1 + 5 * 2),
        (f"{{ processVariants({CUT}, first: 500) {{ {VARIANTS} }} }}", {}, 1 + 500 * (2 + 1 + 5)),
        (f"{{ processVariants({CUT}) {{ ...V }} }} fragment V on ProcessVariants {{ {VARIANTS} }}", {}, 1 + 50 * 8),
        ("{ cityNotes { ...F } } fragment F on CityNotesQuery { notes(first: 3) { totalCount } }", {}, 5),
        ("{ cityNotes { ... on CityNotesQuery { ... { hello } } } }", {}, 2),
        ("{ unknown { unknown { name } } }", {}, 3),
        ("{ ...A } fragment A on Query { viewer { name } ...B } fragment B on Query { ...A }", {}, 2),
        ("{ __schema { types { name } } }", {}, limits.INTROSPECTION_COST),
    ],
)
def test_cost(measure: Any, query: str, variables: dict[str, Any], cost: int) -> None:
    assert measure(query, variables).cost == cost


def test_only_the_chosen_operation_counts(measure: Any) -> None:
    query = "query A { viewer { name } } query B { cityNotes { notes(first: 100) { edges { node { key } } } } }"
    assert measure(query, name="A").cost == 2


def test_a_list_of_lists_is_too_complex(measure: Any) -> None:
    inner = "notes(first: 100) { edges { node { key } } }"
    assert measure(f"{{ cityNotes {{ {inner} }} }}").cost == 302
    assert code(measure, f"{{ cityNotes {{ notes(first: 100) {{ edges {{ node {{ {inner} }} }} }} }} }}") == (
        "query_too_complex"
    )


def test_a_page_size_in_a_variable_is_too_complex(measure: Any) -> None:
    query = "query($n: Int) { cityNotes { notes(first: $n) { edges { node { key } } } } }"
    assert code(measure, query, {"n": 10**9}) == "query_too_complex"


def test_aliases(measure: Any) -> None:
    assert code(measure, "{" + " ".join(f"a{n}: viewer {{ name }}" for n in range(31)) + "}") == (
        "query_too_many_aliases"
    )


def test_depth(measure: Any) -> None:
    nested = "key"
    for _ in range(8):
        nested = f"parent {{ {nested} }}"
    assert measure(f"{{ cityNotes {{ notes(first: 1) {{ edges {{ node {{ {nested} }} }} }} }} }}").depth == 13
    for _ in range(4):
        nested = f"parent {{ {nested} }}"
    assert code(measure, f"{{ cityNotes {{ notes(first: 1) {{ edges {{ node {{ {nested} }} }} }} }} }}") == (
        "query_too_deep"
    )


def test_doubling_fragments_are_measured_in_no_time(measure: Any) -> None:
    doubling = [f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(300)]
    began = time.process_time()
    assert code(measure, "{ ...F0 } " + " ".join(doubling) + " fragment F300 on Query { viewer { name } }") in {
        "query_too_complex",
        "query_too_deep",
    }
    few = " ".join(doubling[:40]) + " fragment F40 on Query { viewer { name } }"
    assert code(measure, "{ ...F0 } " + few) == "query_too_complex"
    assert time.process_time() - began < 1  # of our own: two to the power of forty steps would take days


def test_the_standard_introspection_query_is_within_the_limits(measure: Any) -> None:
    from graphql import get_introspection_query

    assert measure(get_introspection_query(input_value_deprecation=True)).cost == limits.INTROSPECTION_COST


def test_there_is_a_schema_without_modules() -> None:
    assert build_schema(Modules({}), frozenset()).query is not None
