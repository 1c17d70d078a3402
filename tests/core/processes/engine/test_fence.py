"""What the library would run wrongly without a word is refused, with the element; attacks are refused or harmless."""

from __future__ import annotations

import pytest

from leancity.core.processes.engine.compile import compile_process
from leancity.core.processes.engine.dry_run import dry_run
from leancity.core.processes.engine.errors import CompileError, StepError
from tests.core.processes.engine.drawing import Life, compiled, event, flows, node, nodes, process, timer

BASE = nodes(startEvent="s", userTask="a", endEvent="e")
WAY = "s > a > e"


def _sub(inner: str, **attributes: str) -> str:
    return node("subProcess", "p1", inner, **attributes)


@pytest.mark.parametrize(
    ("code", "element", "inner", "ways"),
    [
        (
            "process_event_unsupported",
            "x",
            node("intermediateThrowEvent", "x", event("link", name="L")),
            "s > x > a > e",
        ),
        ("process_event_unsupported", "x", node("intermediateThrowEvent", "x", event("compensate")), "s > x > a > e"),
        ("process_event_unsupported", "x", node("boundaryEvent", "x", event("compensate"), attachedToRef="a"), WAY),
        ("process_event_unsupported", "x", node("boundaryEvent", "x", attachedToRef="a"), WAY),
        ("process_event_unsupported", "x", node("endEvent", "x", event("cancel")), "s > a > x; s > e"),
        ("process_event_unnamed", "x", node("sendTask", "x"), "s > x > a > e"),
        ("process_event_unnamed", "x", node("receiveTask", "x"), "s > x > a > e"),
        ("process_event_unnamed", "x", node("intermediateCatchEvent", "x", event("message")), "s > x > a > e"),
        ("process_event_unnamed", "x", node("endEvent", "x", event("message", messageRef="N")), "s > a > x; s > e"),
        ("process_event_several", "x", node("intermediateCatchEvent", "x", timer("P1D") * 2), "s > x > a > e"),
        ("process_element_unsupported", "x", nodes(complexGateway="x"), "s > x > a > e"),
        ("process_element_unsupported", "x", nodes(adHocSubProcess="x"), "s > x > a > e"),
        ("process_script", "x", node("scriptTask", "x", "<bpmn:script>1</bpmn:script>"), "s > x > a > e"),
        ("process_condition_ignored", "a_e", "", "s > a; a > e ? x > 1"),
        ("process_condition_missing", "x_a", nodes(exclusiveGateway="x"), "s > x > a > e; x > e"),
        ("process_implicit_split", "a", nodes(userTask="x"), "s > a > e; a > x > e"),
        ("process_unreachable", "x", nodes(userTask="x"), "s > a > e; x > e"),
        ("process_flow_broken", "a_y", _sub(nodes(startEvent="z", userTask="y") + flows("z > y")), "s > a > y; a > e"),
        ("process_boundary_nowhere", "x", node("boundaryEvent", "x", timer("P1D"), attachedToRef="s"), WAY),
        (
            "process_cycle_misplaced",
            "x",
            node("intermediateCatchEvent", "x", timer("R/P1D", "timeCycle")),
            "s > x > a > e",
        ),
        ("process_timer_missing", "x", node("intermediateCatchEvent", "x", event("timer")), "s > x > a > e"),
        ("process_starts", "p", nodes(startEvent="x"), "s > a > e; x > a"),
        ("process_starts", "p1", _sub(nodes(userTask="y")), "s > p1 > a > e"),
        ("process_call_unknown", "x", node("callActivity", "x", calledElement="none"), "s > x > a > e"),
        ("process_id_twice", "a", _sub(nodes(startEvent="z", userTask="a") + flows("z > a")), "s > p1 > a > e"),
        ("process_id_reserved", "p.EndJoin", nodes(userTask="p.EndJoin"), "s > p.EndJoin > a > e"),
        ("process_gateway_targets", "x", nodes(eventBasedGateway="x"), "s > x > a > e"),
        ("process_decision_unclear", "x", nodes(businessRuleTask="x"), "s > x > a > e"),
        (
            "process_items_unclear",
            "x",
            node("userTask", "x", nodes(multiInstanceLoopCharacteristics="m")),
            "s > x > a > e",
        ),
        ("process_items_unclear", "x", node("userTask", "x", nodes(standardLoopCharacteristics="m")), "s > x > a > e"),
        ("process_data_unsupported", "x", node("userTask", "x", nodes(dataInputAssociation="d")), "s > x > a > e"),
    ],
)
def test_refused_with_its_element(code: str, element: str, inner: str, ways: str) -> None:
    with pytest.raises(CompileError) as caught:
        compiled(BASE + inner, ways)
    assert (caught.value.code, caught.value.element) == (code, element)


@pytest.mark.parametrize(
    "text", ["().__class__", "__import__('os')", "open('/etc/passwd')", "lambda: 1", "a b", "9**9**9"]
)
def test_no_expression_reaches_python(text: str) -> None:
    inner = BASE + node("exclusiveGateway", "g", default="g_e")
    program_or_error: object
    try:
        program_or_error = Life(compiled(inner, f"s > a > g > e; g > a ? {text}")).do("a").run.waits
    except (CompileError, StepError) as error:
        program_or_error = error
    # Refused when it is compiled or when it is run, or it is null, and null is not true.
    assert isinstance(program_or_error, CompileError | StepError) or program_or_error == ()


@pytest.mark.parametrize("value", [1, "yes", [True]])
def test_a_condition_that_is_neither_true_nor_false_is_told(value: object) -> None:
    inner = BASE + node("exclusiveGateway", "g", default="g_e")
    with pytest.raises(StepError, match="process_condition_unclear: g"):
        Life(compiled(inner, "s > a > g > e; g > a ? x"), {"x": value}).do("a")


def test_no_way_out_is_told() -> None:
    inner = BASE + nodes(exclusiveGateway="g", userTask="b")
    with pytest.raises(StepError, match="process_no_way_out: g"):
        Life(compiled(inner, "s > a > g; g > e ? x; g > b ? y; b > e")).do("a")


@pytest.mark.parametrize("xml", ["", "<a", "<!DOCTYPE a><a/>", "<a/>", "\ud800", process(BASE, WAY, id_="other")])
def test_no_such_process(xml: str) -> None:
    with pytest.raises(CompileError):
        compile_process(xml, "p", None)


def test_a_very_long_row_is_refused_not_crashed() -> None:
    names = [f"t{number}" for number in range(2_000)]
    with pytest.raises(CompileError, match="process_too_long"):
        compiled(nodes(startEvent="s", endEvent="e", userTask=" ".join(names)), " > ".join(["s", *names, "e"]))


def diamonds(amount: int) -> tuple[str, str]:
    """Return nodes and flows of so many splits and joins in a row."""
    inner, ways = nodes(startEvent="s", endEvent="e"), "s > f0"
    for number in range(amount):
        inner += nodes(parallelGateway=f"f{number} j{number}", userTask=f"a{number} b{number}")
        after = f"f{number + 1}" if number + 1 < amount else "e"
        ways += f"; f{number} > a{number} > j{number} > {after}; f{number} > b{number} > j{number}"
    return inner, ways


@pytest.mark.parametrize("amount", [12, 50, 100])
def test_splits_in_a_row_stay_small(amount: int) -> None:
    life = Life(compiled(*diamonds(amount)))
    assert len(life.state) < 500
    for number in range(amount):
        life.do(f"a{number}").do(f"b{number}")
        assert life.run.is_finished or len(life.state) < 5_000
    assert life.run.is_finished


def test_a_loop_that_waits_for_nobody_is_stopped() -> None:
    inner = BASE + nodes(exclusiveGateway="m") + node("exclusiveGateway", "g", default="g_m")
    program = compiled(inner, "s > a > m > g > m; g > e ? x")
    with pytest.raises(StepError, match="process_loops_forever"):
        Life(program).do("a")


def test_tokens_that_double_are_stopped() -> None:
    inner = nodes(startEvent="s", exclusiveGateway="m", parallelGateway="f", userTask="a b")
    with pytest.raises(StepError, match=r"process_(loops_forever|too_many_tasks)"):
        Life(compiled(inner, "s > m > f > m; f > a; f > b"))


def test_a_process_that_calls_itself_is_stopped() -> None:
    inner = nodes(startEvent="s", endEvent="e") + node("callActivity", "c", calledElement="p")
    with pytest.raises(StepError):
        Life(compiled(inner, "s > c > e"))


def test_dry_run_says_what_is_waited_for_first_and_what_stands_in_the_way() -> None:
    tried = dry_run(process(*diamonds(40)), "p")
    assert tried.code == "" and tried.waits == (("user", "a0"), ("user", "b0")) and "f39" in tried.names
    inner = BASE + nodes(exclusiveGateway="m") + node("exclusiveGateway", "g", default="g_m")
    tried = dry_run(process(inner, "s > m > g > m; g > a ? x; a > e"), "p")
    assert (tried.code, tried.waits) == ("process_loops_forever", ())
    tried = dry_run(process(BASE, WAY) + " " * 3_000_000, "p")
    assert tried.code == "xml_too_big"
