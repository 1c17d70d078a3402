"""Trees of expressions, and JSON to run them over, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from leancity.core.processes.expressions import nodes as n
from leancity.core.processes.expressions.functions import FUNCTIONS

NAMES = ("amount", "region", "сумма", "docs", "for", "in", "kind", "item", "a b")
json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**19), 10**19)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["2026-05-01", "PT1H", "2026-05-01T10:00:00Z", "2026-05-01T10:00", "P1M"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)
facts = st.dictionaries(st.sampled_from(NAMES), json, max_size=6)

_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
_numbers = st.integers(0, 10**18) | st.decimals(0, 1000, places=3).filter(lambda each: each != each.to_integral_value())
constants = st.builds(n.Literal, st.none() | st.booleans() | _numbers | _texts)
_names = st.builds(n.Name, st.sampled_from(NAMES))
_called = [each for each in FUNCTIONS.values() if each.work is not None and each.name != "now"]


def tree(*, is_whole: bool = True) -> st.SearchStrategy[n.Node]:
    """Trees of everything the language has, or of what every dialect can say."""
    leaves = constants | (_names if is_whole else st.builds(n.Name, st.sampled_from(["amount", "region", "сумма"])))
    return st.recursive(leaves, _whole if is_whole else _common, max_leaves=12)


def _common(inner: st.SearchStrategy[n.Node]) -> st.SearchStrategy[n.Node]:
    return st.one_of(
        st.builds(n.Path, inner, st.sampled_from(["kind", "сумма"])),
        st.builds(n.Negative, inner),
        st.builds(n.Not, inner),
        st.builds(n.Logic, st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=4).map(tuple)),
        st.builds(n.Binary, st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/"]), inner, inner),
        st.builds(n.If, inner, inner, inner),
    )


def _whole(inner: st.SearchStrategy[n.Node]) -> st.SearchStrategy[n.Node]:
    test = (
        st.builds(n.UnaryTest, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), inner)
        | st.builds(n.Range, inner, inner, st.booleans(), st.booleans())
        | inner
    )
    calls = st.sampled_from(_called).flatmap(
        lambda each: st.lists(inner, min_size=each.least, max_size=min(each.most, 3)).map(
            lambda arguments: n.Call(each.name, tuple(arguments))
        )
    )
    name = st.sampled_from(NAMES)
    return st.one_of(
        _common(inner),
        st.builds(n.Index, inner, inner),
        st.builds(n.Binary, st.just("**"), inner, inner),
        st.builds(n.In, inner, st.lists(test, min_size=1, max_size=3).map(tuple)),
        st.builds(n.For, name, inner, inner),
        st.builds(n.Quantified, st.booleans(), name, inner, inner),
        st.builds(n.Items, st.lists(inner, max_size=3).map(tuple)),
        st.builds(n.Context, st.dictionaries(_texts, inner, max_size=3).map(lambda each: tuple(each.items()))),
        calls,
    )
