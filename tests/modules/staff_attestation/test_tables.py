"""The decision tables as shipped: who is exempt and why, who votes, what the votes mean."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from leancity.core.moment import now
from leancity.core.processes.expressions.decisions import decide, read_decision
from leancity.modules.staff_attestation import processes

TODAY = date.fromisoformat(now().date().isoformat())


def answer(key: str, facts: dict[str, Any]) -> Any:
    (file,) = Path(processes.HERE).glob(f"*/{key}.dmn")
    return decide(read_decision(file.read_bytes()), facts)


def ago(days: int) -> str:
    return str(TODAY - timedelta(days=days))


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        ({"in_post_since": ago(3000)}, None),
        ({"in_post_since": ago(3000), "attested_on": ago(1200)}, None),
        ({"in_post_since": ago(3000), "attested_on": ago(1000)}, "Со дня прошлой аттестации не прошло трёх лет"),
        ({"in_post_since": ago(300)}, "В должности меньше года"),
        ({"in_post_since": ago(3000), "over_60": True}, "Достиг 60 лет"),
        ({"in_post_since": ago(3000), "ground": "none"}, None),
        ({"in_post_since": ago(3000), "ground": "pregnancy", "over_60": True}, "Беременность"),
        (
            {"in_post_since": ago(3000), "ground": "leave"},
            "Отпуск по беременности и родам или по уходу за ребёнком",
        ),
        (
            {"in_post_since": ago(3000), "ground": "fixed_term"},
            "Срочный трудовой договор на высшей или главной должности",
        ),
    ],
)
def test_who_is_exempt(person: dict[str, Any], reason: str | None) -> None:
    assert answer("exemption", {"one": person}) == reason


def test_lists() -> None:
    facts = {"reason": "Беременность", "one": {"person": "a", "position": "Специалист"}}
    left_out = answer("left_out", facts)
    assert left_out == {"person": "a", "position": "Специалист", "reason": "Беременность"}
    assert answer("left_out", facts | {"reason": None}) is None
    exempt = answer("exempt", {"checked": [None, left_out, None]})
    assert exempt == [left_out]
    people = [{"person": "a"}, {"person": "b"}]
    assert answer("attested", {"people": people, "exempt": exempt}) == [{"person": "b"}]
    assert answer("attested", {"people": people, "exempt": []}) == people


@pytest.mark.parametrize(
    ("facts", "is_out"),
    [
        ({"conflict": False}, False),
        ({"conflict": True}, True),
        ({"conflict": False, "head": "m"}, True),
        ({"conflict": False, "person": "m"}, True),
    ],
)
def test_who_does_not_vote(facts: dict[str, Any], is_out: bool) -> None:
    assert answer("recusal", {"member": "m", "head": "h", "person": "p", **facts}) == ("m" if is_out else None)
    assert answer("voters", {"members": ["m", "n"], "recused": ["m", None]}) == ["n"]


@pytest.mark.parametrize(
    ("votes", "decision"),
    [
        ((3, 0, 0), "fits"),
        ((1, 2, 0), "recommendations"),
        ((1, 0, 2), "unfit"),
        ((1, 1, 2), "fits"),
        ((2, 0, 2), "fits"),
    ],
)
def test_what_the_votes_mean(votes: tuple[int, int, int], decision: str) -> None:
    counted = dict(zip(("fits", "recommendations", "unfit"), votes, strict=True))
    assert answer("decision", {"votes": {"votes": counted}}) == decision
