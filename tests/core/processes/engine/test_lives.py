"""Every element that the engine runs, from begin to end; each step begins from the stored text of the one before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from leancity.core.processes.engine import step
from leancity.core.processes.engine.errors import StepError
from tests.core.processes.engine.drawing import AT, FUNCTIONS, Life, compiled, event, flows, node, nodes, timer

MESSAGE = '<bpmn:message id="M" name="papers"/>'
SIGNAL = '<bpmn:signal id="S" name="storm"/>'
ERROR = '<bpmn:error id="E" errorCode="lost"/>'
ESCALATION = '<bpmn:escalation id="X" escalationCode="late"/>'


def test_choice_loop_and_attempts() -> None:
    inner = nodes(startEvent="s", userTask="a b", endEvent="e") + node("exclusiveGateway", "g", default="g_e")
    life = Life(compiled(inner, "s > a > g > e; g > b ? x > 1; b > a"), {"x": 2})
    assert life.waiting() == ["a"]
    life.do("a", x=3)
    assert life.waiting() == ["b"]
    assert [(passed.node_id, passed.flow_id) for passed in life.run.entered] == [("g", "a_g"), ("b", "g_b")]
    life.do("b")
    assert life.wait("a").attempt == 2
    life.do("a", x=1)
    assert life.run.is_finished and life.run.state is None
    assert life.run.ended_at == ("e",) and life.run.facts == {"x": 1}


def test_join_keeps_what_the_other_branch_changed() -> None:
    inner = nodes(startEvent="s", parallelGateway="f j", userTask="a b", endEvent="e")
    life = Life(compiled(inner, "s > f > a > j > e; f > b > j"), {"x": 1})
    life.do("a", x=2).do("b", y=3)
    assert life.run.is_finished and life.run.facts == {"x": 2, "y": 3}


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_join_in_a_loop_waits_for_both_each_time(order: str) -> None:
    inner = nodes(startEvent="s", parallelGateway="f j", userTask="a b r", exclusiveGateway="m", endEvent="e")
    inner += node("exclusiveGateway", "g", default="g_e")
    life = Life(compiled(inner, "s > m > f > a > j > r > g > e; f > b > j; g > m ? again"))
    life.do("a").do("b").do("r", again=True)
    life.do(order[0])
    assert life.waiting() == [order[1]]
    life.do(order[1])
    assert life.waiting() == ["r"]


def test_two_tokens_through_one_join_are_two() -> None:
    inner = nodes(startEvent="s", parallelGateway="f h j", userTask="a b c", exclusiveGateway="m", endEvent="e")
    life = Life(compiled(inner, "s > f > a > m; f > b > m; m > j; f > c > j; j > h > e"))
    life.do("a").do("b")
    assert life.waiting() == ["c"]
    with pytest.raises(StepError) as caught:
        life.do("c")
    # One of two tokens is left at the join and nothing can ever come for it: told, not hung.
    assert (caught.value.code, caught.value.element) == ("process_stuck", "j")


def test_choice_into_a_parallel_join_is_told_not_hung() -> None:
    inner = nodes(startEvent="s", userTask="a", parallelGateway="j", endEvent="e")
    inner += node("exclusiveGateway", "g", default="g_a")
    program = compiled(inner + nodes(userTask="b"), "s > g > a > j > e; g > b ? x; b > j")
    with pytest.raises(StepError, match="process_stuck: j"):
        Life(program).do("a")


@pytest.mark.parametrize(("facts", "asked"), [({"p": True, "q": True}, "ab"), ({"p": True}, "a"), ({}, "c")])
def test_inclusive(facts: dict[str, bool], asked: str) -> None:
    inner = nodes(startEvent="s", userTask="a b c", inclusiveGateway="j", endEvent="e")
    inner += node("inclusiveGateway", "g", default="g_c")
    life = Life(compiled(inner, "s > g; g > a ? p; g > b ? q; g > c; a > j; b > j; c > j; j > e"), facts)
    assert life.waiting() == list(asked)
    for name in asked:
        assert not life.run.is_finished
        life.do(name)
    assert life.run.is_finished


def test_inclusive_join_waits_for_a_service_behind_a_merge() -> None:
    inner = nodes(startEvent="s", parallelGateway="f", userTask="a b", serviceTask="w", exclusiveGateway="m")
    inner += node("exclusiveGateway", "k", default="k_m") + nodes(inclusiveGateway="j", endEvent="e")
    inner += nodes(userTask="n")
    life = Life(compiled(inner, "s > f > a > j; f > w > k > m > b > j; k > n ? x; n > m; j > e"))
    life.do("a")
    assert not life.run.is_finished
    life.answer("w", {"x": True}).do("n")
    assert life.waiting() == ["b"]
    life.do("b")
    assert life.run.is_finished


def test_service_answers_and_fails() -> None:
    inner = nodes(startEvent="s", userTask="h u", endEvent="e", serviceTask="plain")
    inner += node("serviceTask", "w", '<bpmn:extensionElements><lean:service topic="post"/></bpmn:extensionElements>')
    inner += node("boundaryEvent", "lost", event("error", errorRef="E"), attachedToRef="w")
    program = compiled(inner, "s > w > u > plain > e; lost > h > e", definitions=ERROR)
    life = Life(program)
    assert life.wait("w").name == "post" and life.wait("w").kind == "service"
    assert life.answer("w", {"number": 7}).waiting() == ["u"]
    assert life.run.facts == {"number": 7}
    with pytest.raises(StepError, match="process_error_unhandled: plain"):
        life.do("u").answer("plain", step.ServiceFailed("lost"))
    failed = Life(program).answer("w", step.ServiceFailed("lost"))
    assert failed.waiting() == ["h"]
    with pytest.raises(StepError, match="process_error_unhandled"):
        Life(program).answer("w", step.ServiceFailed("other"))


def test_interrupting_timer_cancels() -> None:
    inner = nodes(startEvent="s", userTask="a late", endEvent="e")
    inner += node("boundaryEvent", "t", timer("P2D"), attachedToRef="a")
    program = compiled(inner, "s > a > e; t > late > e")
    life = Life(program)
    user, due = life.wait("a"), life.wait("t")
    assert due.due_at == AT + timedelta(days=2) and due.boundary_of == user.task_id
    life.fire(AT + timedelta(days=1))
    assert life.waiting() == ["a", "t"] and not life.run.entered
    life.fire(AT + timedelta(days=2))
    assert life.waiting() == ["late"] and life.run.cancelled == (user.task_id,)
    assert [passed.node_id for passed in life.run.entered] == ["t", "late"]
    done = Life(program).do("a")
    assert done.run.is_finished and len(done.run.cancelled) == 1


def test_side_timer_goes_on_beside() -> None:
    inner = nodes(startEvent="s", userTask="a remind", endEvent="e e2")
    inner += node("boundaryEvent", "t", timer("PT1H"), attachedToRef="a", cancelActivity="false")
    life = Life(compiled(inner, "s > a > e; t > remind > e2")).fire(AT + timedelta(hours=1))
    assert life.waiting() == ["a", "remind"]
    life.do("a")
    assert life.waiting() == ["remind"] and not life.run.is_finished
    assert life.do("remind").run.is_finished


def test_repeating_timer_and_what_it_set_going_outlives_it() -> None:
    inner = nodes(startEvent="s", userTask="a remind", endEvent="e e2")
    cycle = timer("R2/PT1H", "timeCycle")
    inner += node("boundaryEvent", "t", cycle, attachedToRef="a", cancelActivity="false")
    life = Life(compiled(inner, "s > a > e; t > remind > e2"))
    life.fire(AT + timedelta(hours=1))
    assert life.wait("t").due_at == AT + timedelta(hours=2)
    life.fire(AT + timedelta(hours=2))
    assert life.waiting() == ["a", "remind", "remind"]
    life.do("a")
    assert life.waiting() == ["remind", "remind"]
    assert life.do("remind").do("remind").run.is_finished


def test_of_two_due_timers_the_earlier_wins() -> None:
    inner = nodes(startEvent="s", userTask="a x y", endEvent="e")
    inner += node("boundaryEvent", "t1", timer("P2D"), attachedToRef="a", name="same")
    inner += node("boundaryEvent", "t2", timer("P1D"), attachedToRef="a", name="same")
    life = Life(compiled(inner, "s > a > e; t1 > x > e; t2 > y > e")).fire(AT + timedelta(days=9))
    assert life.waiting() == ["y"]


def test_event_gateway_with_two_timers_of_one_name() -> None:
    inner = nodes(startEvent="s", eventBasedGateway="g", userTask="x y z", endEvent="e")
    inner += node("intermediateCatchEvent", "t1", timer("P3D"), name="same")
    inner += node("intermediateCatchEvent", "t2", timer("P1D"), name="same")
    inner += node("receiveTask", "m", messageRef="M")
    program = compiled(inner, "s > g; g > t1 > x > e; g > t2 > y > e; g > m > z > e", definitions=MESSAGE)
    life = Life(program)
    assert life.waiting("timer") == ["t1", "t2"] and life.waiting("message") == ["m"]
    assert len({wait.task_id for wait in life.run.waits}) == 3
    life.fire(AT + timedelta(days=1))
    assert life.waiting() == ["y"] and len(life.run.cancelled) == 2
    assert Life(program).fire(AT + timedelta(days=9)).waiting() == ["y"]
    heard = Life(program).catch("message", "papers", x=1)
    assert heard.waiting() == ["z"] and heard.run.facts == {"x": 1}


def test_message_with_correlation() -> None:
    correlation = (
        '<bpmn:correlationProperty id="c"><bpmn:correlationPropertyRetrievalExpression messageRef="M">'
        "<bpmn:messagePath>number</bpmn:messagePath></bpmn:correlationPropertyRetrievalExpression>"
        "</bpmn:correlationProperty>"
    )
    inner = nodes(startEvent="s", userTask="a", endEvent="e") + node(
        "intermediateThrowEvent", "out", event("message", messageRef="M")
    )
    inner += node("intermediateCatchEvent", "in", event("message", messageRef="M"))
    program = compiled(inner, "s > out > in > a > e", definitions=MESSAGE + correlation)
    life = Life(program, {"number": 17})
    assert [(told.kind, told.name, told.correlation) for told in life.run.thrown] == [("message", "papers", "17")]
    assert life.wait("in").correlation == "17"
    with pytest.raises(StepError, match="process_not_waiting"):
        life.catch("message", "papers", "18")
    assert life.catch("message", "papers", "17", found=True).waiting() == ["a"]


def test_signal_is_heard_within_and_told_outside_even_at_an_end() -> None:
    inner = nodes(startEvent="s", parallelGateway="f", userTask="a u", endEvent="e")
    inner += node("intermediateCatchEvent", "in", event("signal", signalRef="S"))
    inner += node("endEvent", "out", event("signal", signalRef="S"))
    life = Life(compiled(inner, "s > f; f > a > out; f > in > u > e", definitions=SIGNAL)).do("a")
    assert life.waiting() == ["u"]
    assert [told.kind for told in life.run.thrown] == ["signal"]


def test_boundary_message_beside() -> None:
    inner = nodes(startEvent="s", userTask="a b", endEvent="e")
    boundary = event("message", messageRef="M")
    inner += node("boundaryEvent", "m", boundary, attachedToRef="a", cancelActivity="false")
    life = Life(compiled(inner, "s > a > e; m > b > e", definitions=MESSAGE)).catch("message", "papers")
    assert life.waiting() == ["a", "b"]


def _scope(id_: str, inner: str, ways: str, **attributes: str) -> str:
    return node("subProcess", id_, inner + flows(ways), **attributes)


def test_error_goes_to_the_scope_it_is_thrown_in_and_no_other() -> None:
    thrower = nodes(startEvent="s1", userTask="a1") + node("endEvent", "bad", event("error", errorRef="E"))
    calm = nodes(startEvent="s2", userTask="a2", endEvent="e2")
    inner = nodes(startEvent="s", parallelGateway="f", userTask="h1 h2", endEvent="e")
    inner += _scope("p1", thrower, "s1 > a1 > bad") + _scope("p2", calm, "s2 > a2 > e2")
    inner += node("boundaryEvent", "b2", event("error", errorRef="E"), attachedToRef="p2")
    inner += node("boundaryEvent", "b1", event("error"), attachedToRef="p1")
    ways = "s > f; f > p1 > e; f > p2 > e; b1 > h1 > e; b2 > h2 > e"
    life = Life(compiled(inner, ways, definitions=ERROR)).do("a1")
    assert life.waiting() == ["a2", "h1"]
    assert life.do("h1").do("a2").run.is_finished


def test_error_that_nobody_catches_ends_the_case() -> None:
    inner = nodes(startEvent="s", parallelGateway="f", userTask="a b", endEvent="e")
    inner += node("endEvent", "bad", event("error", errorRef="E"))
    life = Life(compiled(inner, "s > f; f > a > bad; f > b > e", definitions=ERROR)).do("a")
    assert life.run.is_finished and life.run.ended_at == ("bad",) and len(life.run.cancelled) == 1
    assert [(told.kind, told.name) for told in life.run.thrown] == [("error", "lost")]


def test_escalation_beside_a_sub_process_and_to_the_world() -> None:
    scope = nodes(startEvent="s1", userTask="a1", endEvent="e1")
    scope += node("intermediateThrowEvent", "up", event("escalation", escalationRef="X"))
    inner = nodes(startEvent="s", userTask="h", endEvent="e") + _scope("p1", scope, "s1 > up > a1 > e1")
    ways = "s > p1 > e"
    heard = inner + node(
        "boundaryEvent", "b", event("escalation", escalationRef="X"), attachedToRef="p1", cancelActivity="false"
    )
    assert Life(compiled(heard, f"{ways}; b > h > e", definitions=ESCALATION)).waiting() == ["a1", "h"]
    told = Life(compiled(inner.replace('<bpmn:userTask id="h"></bpmn:userTask>', ""), ways, definitions=ESCALATION)).run
    assert [(one.kind, one.name) for one in told.thrown] == [("escalation", "late")]


def test_terminate_ends_its_scope_only() -> None:
    scope = nodes(startEvent="s1", parallelGateway="f1", userTask="a1 b1")
    scope += node("endEvent", "stop", event("terminate")) + nodes(endEvent="e1")
    inner = nodes(startEvent="s", userTask="after", endEvent="e")
    inner += _scope("p1", scope, "s1 > f1; f1 > a1 > stop; f1 > b1 > e1")
    life = Life(compiled(inner, "s > p1 > after > e")).do("a1")
    assert life.waiting() == ["after"] and len(life.run.cancelled) == 1


def test_event_sub_process_beside_and_instead() -> None:
    for interrupting, expected in (("false", ["a", "x"]), ("true", ["x"])):
        watcher = node("startEvent", "ws", event("signal", signalRef="S"), isInterrupting=interrupting)
        watcher += nodes(userTask="x", endEvent="we")
        inner = nodes(startEvent="s", userTask="a", endEvent="e")
        inner += _scope("w", watcher, "ws > x > we", triggeredByEvent="true")
        program = compiled(inner, "s > a > e", definitions=SIGNAL)
        assert Life(program).do("a").run.is_finished, "what never happened does not keep the case open"
        life = Life(program).catch("signal", "storm")
        assert life.waiting() == expected
        for name in expected:
            life.do(name)
        assert life.run.is_finished
        assert Life(program).waiting("user") == ["a"], "another case of the program begins at the beginning"


def test_call_activity_in_the_same_file() -> None:
    called = '<bpmn:process id="q" name="called">' + nodes(startEvent="qs", userTask="qa", endEvent="qe")
    called += flows("qs > qa > qe") + "</bpmn:process>"
    inner = nodes(startEvent="s", endEvent="e") + node("callActivity", "c", calledElement="q")
    life = Life(compiled(inner, "s > c > e", definitions=called), {"x": 1}).do("qa", y=2)
    assert life.run.is_finished and life.run.facts == {"x": 1, "y": 2} and life.run.ended_at == ("e",)


def test_standard_loop() -> None:
    loop = '<bpmn:standardLoopCharacteristics loopMaximum="3"><bpmn:loopCondition>more</bpmn:loopCondition>'
    inner = nodes(startEvent="s", endEvent="e")
    inner += node("userTask", "a", loop + "</bpmn:standardLoopCharacteristics>")
    program = compiled(inner, "s > a > e")
    life = Life(program).do("a", more=True)
    assert life.wait("a").attempt == 2
    assert life.do("a", more=False).run.is_finished
    assert Life(program).do("a", more=True).do("a").do("a").run.is_finished


def test_conditional_event_when_facts_make_it_true() -> None:
    inner = nodes(startEvent="s", parallelGateway="f", userTask="a u", endEvent="e")
    condition = event("conditional", "<bpmn:condition>paid</bpmn:condition>")
    inner += node("intermediateCatchEvent", "c", condition)
    life = Life(compiled(inner, "s > f; f > a > e; f > c > u > e"))
    assert life.waiting() == ["a"]
    assert life.do("a", paid=True).waiting() == ["u"]


def test_decision_and_working_time() -> None:
    decision = '<bpmn:extensionElements><lean:decision key="fee" result="answer"/></bpmn:extensionElements>'
    working = '<bpmn:extensionElements><lean:timer workingDays="5"/></bpmn:extensionElements>'
    inner = nodes(startEvent="s", endEvent="e") + node("businessRuleTask", "d", decision)
    inner += node("intermediateCatchEvent", "t", working + timer("P7D"))
    life = Life(compiled(inner, "s > d > t > e"), {"x": 4})
    assert life.run.facts["answer"] == {"decided": "fee", "seen": 4}
    assert life.wait("t").due_at == AT + timedelta(days=10)


@pytest.mark.parametrize(
    ("text", "kind", "due"),
    [
        ("P1M", "timeDuration", datetime(2026, 4, 2, 9, tzinfo=UTC)),
        ("P1Y2M3DT4H5M6S", "timeDuration", datetime(2027, 5, 5, 13, 5, 6, tzinfo=UTC)),
        ("P2W", "timeDuration", datetime(2026, 3, 16, 9, tzinfo=UTC)),
        ("2026-05-01T10:00:00+10:00", "timeDate", datetime(2026, 5, 1, tzinfo=UTC)),
        ("2026-05-01", "timeDate", datetime(2026, 5, 1, tzinfo=UTC)),
        ("${until}", "timeDate", datetime(2026, 6, 1, 8, tzinfo=UTC)),
        ("= workhours(2)", "timeDate", datetime(2026, 3, 2, 15, tzinfo=UTC)),
        ("days", "timeDuration", datetime(2026, 3, 5, 9, tzinfo=UTC)),
    ],
)
def test_when_timers_fall_due(text: str, kind: str, due: datetime) -> None:
    inner = nodes(startEvent="s", endEvent="e") + node("intermediateCatchEvent", "t", timer(text, kind))
    life = Life(compiled(inner, "s > t > e"), {"until": "2026-06-01T11:00:00+03:00", "days": "P3D"})
    assert life.wait("t").due_at == due
    assert life.fire(due).run.is_finished


def test_a_timer_that_is_due_already_goes_off_in_the_step_that_sets_it() -> None:
    inner = nodes(startEvent="s", endEvent="e") + node("intermediateCatchEvent", "t", timer("2020-01-01", "timeDate"))
    assert Life(compiled(inner, "s > t > e")).run.is_finished


@pytest.mark.parametrize("text", ["PT", "soon", "missing", "17", "P99999999D", "P1Y1", "true"])
def test_no_moment(text: str) -> None:
    inner = nodes(startEvent="s", endEvent="e") + node("intermediateCatchEvent", "t", timer(text))
    program = compiled(inner, "s > t > e")
    with pytest.raises(StepError) as caught:
        Life(program)
    assert (caught.value.code, caught.value.element) == ("process_timer_unreadable", "t")


def test_an_older_timer_waits_for_the_run_time() -> None:
    """A pause moves a timer by the run-time's own table: no other step may let it go off."""
    inner = nodes(startEvent="s", parallelGateway="f", userTask="a b", endEvent="e")
    inner += node("boundaryEvent", "t", timer("P1D"), attachedToRef="b")
    life = Life(compiled(inner, "s > f; f > a > e; f > b > e; t > e")).do("a", at=AT + timedelta(days=5))
    assert life.waiting() == ["b", "t"]


def test_ids_that_the_library_keeps_for_itself() -> None:
    inner = nodes(startEvent="Start", userTask="Root", endEvent="End")
    life = Life(compiled(inner, "Start > Root > End"))
    assert life.waiting() == ["Root"]
    assert life.do("Root").run.ended_at == ("End",)


def test_a_branch_that_just_ends_ends() -> None:
    inner = nodes(startEvent="s", parallelGateway="f", userTask="a b")
    life = Life(compiled(inner, "s > f > a; f > b")).do("a")
    assert not life.run.is_finished
    assert life.do("b").run.is_finished


def test_nobody_waits_for_it_any_more() -> None:
    inner = nodes(startEvent="s", userTask="a b", endEvent="e")
    life = Life(compiled(inner, "s > a > b > e"))
    gone = life.wait("a")
    life.do("a")
    with pytest.raises(StepError, match="process_task_not_waiting"):
        step.complete(life.program, life.state, gone.task_id, {}, AT, FUNCTIONS)
