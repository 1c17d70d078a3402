"""Multi-instance activities: items with facts of their own, outputs in their order, nothing left when cut short."""

from __future__ import annotations

from datetime import timedelta

import pytest

from leancity.core.processes.engine import step
from leancity.core.processes.engine.errors import StepError
from leancity.core.processes.engine.run import Run, Wait
from tests.core.processes.engine.drawing import AT, FUNCTIONS, Life, compiled, flows, node, nodes, timer


def _items(kind: str, *, sequential: bool, inner: str, body: str = "") -> str:
    characteristics = node("multiInstanceLoopCharacteristics", "mi", inner, isSequential=str(sequential).lower())
    return node(kind, "a", characteristics + body)


OVER_PEOPLE = (
    "<bpmn:loopDataInputRef>people</bpmn:loopDataInputRef><bpmn:loopDataOutputRef>votes</bpmn:loopDataOutputRef>"
    '<bpmn:inputDataItem id="i" name="person"/><bpmn:outputDataItem id="o" name="vote"/>'
)


def test_parallel_items_collect_in_their_order() -> None:
    inner = nodes(startEvent="s", endEvent="e") + _items("userTask", sequential=False, inner=OVER_PEOPLE)
    life = Life(compiled(inner, "s > a > e"), {"people": ["ann", None, "cyd"]})
    assert sorted(str(wait.facts["person"]) for wait in life.run.waits) == ["None", "ann", "cyd"]
    for name, vote in (("cyd", "no"), ("ann", "yes"), (None, "?")):
        wait = next(wait for wait in life.run.waits if wait.facts["person"] == name)
        life.runs.append(_done(life, wait, vote=vote))
    assert life.run.is_finished and life.run.facts["votes"] == ["yes", "?", "no"]
    assert "vote" not in life.run.facts and "person" not in life.run.facts


def _done(life: Life, wait: Wait, **facts: object) -> Run:
    return step.complete(life.program, life.state, wait.task_id, facts, AT, FUNCTIONS)


def test_sequential_items_one_by_one_also_at_a_second_visit() -> None:
    inner = nodes(startEvent="s", userTask="r", endEvent="e", exclusiveGateway="m")
    inner += node("exclusiveGateway", "g", default="g_e")
    inner += _items("userTask", sequential=True, inner=OVER_PEOPLE)
    life = Life(compiled(inner, "s > m > a > r > g > e; g > m ? again"), {"people": ["ann", None]})
    for again in (True, False):
        for person in ("ann", None):
            assert [wait.facts["person"] for wait in life.run.waits] == [person]
            life.do("a", vote=f"{person} {again}", again=not again)
        assert life.run.facts["votes"] == [f"ann {again}", f"None {again}"]
        life.do("r", again=again)
    assert life.run.is_finished and life.run.facts["again"] is False


@pytest.mark.parametrize("facts", [{"n": 0}, {"n": 3}])
def test_cardinality_and_enough(facts: dict[str, int]) -> None:
    given = "<bpmn:loopCardinality>n</bpmn:loopCardinality>"
    given += "<bpmn:completionCondition>nrOfCompletedInstances &gt;= 2</bpmn:completionCondition>"
    inner = nodes(startEvent="s", userTask="z", endEvent="e") + _items("userTask", sequential=False, inner=given)
    life = Life(compiled(inner, "s > a > z > e"), facts)
    if facts["n"]:
        life.do("a", x=1).do("a", x=2)
        assert len(life.run.cancelled) == 1 and life.run.facts["x"] == 2
    assert life.waiting() == ["z"]


@pytest.mark.parametrize("facts", [{"n": -1}, {"n": None}, {"n": "2"}, {"n": 1.5}, {"n": 501}, {"n": True}])
def test_no_amount_of_items(facts: dict[str, object]) -> None:
    given = "<bpmn:loopCardinality>n</bpmn:loopCardinality>"
    inner = nodes(startEvent="s", endEvent="e") + _items("userTask", sequential=True, inner=given)
    with pytest.raises(StepError) as caught:
        Life(compiled(inner, "s > a > e"), facts)
    assert caught.value.element == "a"


def test_items_that_are_sub_processes_are_gone_when_a_timer_cancels_them() -> None:
    body = nodes(startEvent="s1", userTask="x y", endEvent="e1") + flows("s1 > x > y > e1")
    inner = nodes(startEvent="s", userTask="late", endEvent="e")
    inner += _items("subProcess", sequential=False, inner=OVER_PEOPLE, body=body)
    inner += node("boundaryEvent", "t", timer("P1D"), attachedToRef="a")
    program = compiled(inner, "s > a > e; t > late > e")
    life = Life(program, {"people": ["ann", "bob"]}).do("x")
    assert life.waiting("user") == ["x", "y"]
    life.fire(AT + timedelta(days=1))
    assert life.waiting() == ["late"] and len(life.run.cancelled) == 2
    through = Life(program, {"people": ["ann", "bob"]}).do("x").do("x").do("y", vote=1).do("y", vote=2)
    assert through.run.is_finished and sorted(through.run.facts["votes"]) == [1, 2]


BALLOT = (
    '<bpmn:extensionElements><lean:ballot result="votes" field="vote" choices="yes no" quorum="cast &gt;= 2"/>'
    "</bpmn:extensionElements>"
)
EACH = (
    "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopDataInputRef>people</bpmn:loopDataInputRef>"
    '<bpmn:inputDataItem id="person"/></bpmn:multiInstanceLoopCharacteristics>'
)


def _sealing(life: Life, text: str, **facts: object) -> Run:
    """Cast the vote of the next who is asked; what is sealed is the text turned round."""
    functions = {**FUNCTIONS, "seal": lambda plain: plain[::-1], "unseal": lambda sealed: sealed[::-1]}
    wait = life.wait("a")
    life.runs.append(step.complete(life.program, life.state, wait.task_id, {"vote": text, **facts}, AT, functions))
    return life.run


def _ballot(extra: str = "") -> str:
    return nodes(startEvent="s", endEvent="e") + node("userTask", "a", BALLOT + EACH) + extra


def test_a_vote_leaves_its_count_only_and_only_at_the_end() -> None:
    life = Life(compiled(_ballot(), "s > a > e"), {"people": ["ann", "bob", "ann", "cyd"], "votes": "of before"})
    assert len(life.run.waits) == 3, "whoever is named twice is asked once"
    assert life.run.facts["votes"] is None
    for vote, words in (("yes", "zebra"), ("no", "apple")):
        _sealing(life, vote, words=words)
        assert words not in life.state and '"vote"' not in life.state and life.run.facts["votes"] is None
    _sealing(life, "yes")
    assert life.run.facts["votes"] == {
        "members": 3, "cast": 3, "quorum": True, "votes": {"yes": 2, "no": 1}, "texts": ["apple", "zebra"],
    }  # fmt: skip
    assert {"vote", "words", "person"}.isdisjoint(life.run.facts)


def test_a_vote_cut_short_and_a_vote_of_nobody_tell_nothing() -> None:
    late = node("boundaryEvent", "t", timer("P1D"), attachedToRef="a") + nodes(userTask="late")
    program = compiled(_ballot(late), "s > a > e; t > late > e")
    life = Life(program, {"people": ["ann", "bob", "cyd"]})
    _sealing(life, "yes", words="zebra")
    life.fire(AT + timedelta(days=1))
    assert life.waiting() == ["late"] and life.run.facts["votes"] is None and "arbez" not in life.state
    nobody = Life(program, {"people": []})
    assert nobody.run.facts["votes"] == {"members": 0, "cast": 0, "quorum": False, "votes": None, "texts": []}


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"vote": "perhaps"}, "process_ballot_choice"),
        ({"vote": None}, "process_ballot_choice"),
        ({"vote": ["yes"]}, "process_ballot_choice"),
        ({"vote": "yes", "weight": 3}, "process_ballot_text"),
        ({"vote": "yes"}, "process_no_ballots"),
    ],
)
def test_what_is_no_vote(facts: dict[str, object], code: str) -> None:
    life = Life(compiled(_ballot(), "s > a > e"), {"people": ["ann", "bob"]})
    with pytest.raises(StepError) as caught:
        step.complete(life.program, life.state, life.wait("a").task_id, facts, AT, FUNCTIONS)
    assert (caught.value.code, caught.value.element) == (code, "a")
