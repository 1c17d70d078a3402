"""Which sequences of steps a drawing can be played with."""

from __future__ import annotations

import pytest

from leancity.core.processes.bpmn.model import Flow, Node, ProcessModel
from leancity.core.processes.figures.net import Deviation, TooManyWays, net_of

TYPES = {"s": "startEvent", "e": "endEvent", "x": "exclusiveGateway", "p": "parallelGateway", "o": "inclusiveGateway"}


def drawn(flows: str, *more: Node, conditional: str = "") -> ProcessModel:
    """Return a process of flows like ``s1>A A>x1``: small letters are events and gateways, capitals tasks."""
    pairs = [pair.split(">") for pair in flows.split()]
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    given = {node.id: node for node in more}
    nodes = [given.get(name) or Node(id=name, type=TYPES.get(name[0], "userTask")) for name in names]
    nodes += [node for node in more if node.id not in names]
    return ProcessModel(
        id="p",
        title="",
        nodes=tuple(nodes),
        flows=tuple(
            Flow(id=f"{a}-{b}", source=a, target=b, condition="x" if f"{a}>{b}" in conditional else "")
            for a, b in pairs
        ),
    )


def left(model: ProcessModel, sequence: str) -> Deviation | None:
    return net_of(model, set(sequence)).deviation([*sequence])


LOOP = drawn("s>A A>x1 x1>B B>x2 x2>x1 x2>C C>e")
BESIDE = drawn("s>p1 p1>A p1>B B>C A>p2 C>p2 p2>D D>e")
ANY = drawn("s>o1 o1>A o1>B o1>C A>o2 B>o2 C>o2 o2>D D>e")


@pytest.mark.parametrize(
    ("model", "sequence"),
    [(LOOP, "ABC"), (LOOP, "ABBBC"), (BESIDE, "ABCD"), (BESIDE, "BACD"), (BESIDE, "BCAD"), (ANY, "AD"), (ANY, "CBD")],
)
def test_what_can_be_played(model: ProcessModel, sequence: str) -> None:
    assert left(model, sequence) is None


@pytest.mark.parametrize(
    ("model", "sequence", "place", "after", "step"),
    [
        (LOOP, "AC", 1, "A", "C"),
        (LOOP, "BC", 0, None, "B"),
        (LOOP, "AB", 2, "B", None),  # one way leads on to C, which was not done
        (LOOP, "ABCA", 3, "C", "A"),
        (LOOP, "AZC", 1, "A", "Z"),
        (BESIDE, "ACBD", 1, "A", "C"),
        (BESIDE, "ABD", 2, "B", "D"),  # C is left out, so the gateway does not open
        (BESIDE, "ABCCD", 3, "C", "C"),
        (ANY, "D", 0, None, "D"),
    ],
)
def test_where_it_is_left(model: ProcessModel, sequence: str, place: int, after: str | None, step: str | None) -> None:
    assert left(model, sequence) == Deviation(place=place, after=after, step=step)


def test_boundary_events_interrupt_their_host_or_go_beside_it_once() -> None:
    for interrupts, good, bad in ((True, ("AD", "ABD"), "ABAD"), (False, ("AD", "ABD"), "ABBD")):
        event = Node(id="bound", type="boundaryEvent", attached_to="A", interrupts=interrupts)
        model = drawn("s>A A>x bound>B B>x x>D D>e" if interrupts else "s>A A>D D>e bound>B B>e2", event)
        for sequence in good:
            assert left(model, sequence) is None, (interrupts, sequence)
        assert left(model, bad) is not None


def test_a_sub_process_is_left_when_nothing_of_it_is_left() -> None:
    inner = [
        Node(id=name, type=TYPES.get(name[0], "userTask"), parent="SUB") for name in ("s2", "p1", "B", "C", "e2", "e3")
    ]
    model = drawn("s>A A>SUB SUB>D D>e s2>p1 p1>B p1>C B>e2 C>e3", Node(id="SUB", type="subProcess"), *inner)
    assert left(model, "ABCD") is None and left(model, "ACBD") is None
    assert left(model, "ABD") == Deviation(place=2, after="B", step="D")
    event = Node(id="bound", type="boundaryEvent", attached_to="SUB")
    inner = [node for node in inner if node.id not in ("p1", "e3")]
    stopped = drawn("s>A A>SUB SUB>D D>e s2>B B>C C>e2 bound>X X>e4", Node(id="SUB", type="subProcess"), event, *inner)
    assert left(stopped, "ABX") is None and left(stopped, "ABXC") is not None


def test_automatic_tasks_are_steps_only_where_they_leave_any() -> None:
    model = drawn("s>A A>S S>B B>e", Node(id="S", type="serviceTask"))
    assert left(model, "AB") is None and left(model, "ASB") is None
    both = net_of(model, {"A", "S", "B"})
    assert both.deviation(["A", "B"]) == Deviation(place=1, after="A", step="B")


def test_a_condition_on_a_tasks_flow_may_hold_or_not() -> None:
    model = drawn("s>A A>B A>C B>e C>e2", conditional="A>B")
    assert left(model, "AC") is None and left(model, "ABC") is None and left(model, "AB") is not None


def test_a_drawing_of_too_many_ways_is_not_told() -> None:
    wide = " ".join(f"p1>x{n} x{n}>T{n} x{n}>y{n} T{n}>z{n}" for n in range(12))
    model = drawn(f"s>p1 {wide}", *(Node(id=f"{kind}{n}", type="endEvent") for kind in "yz" for n in range(12)))
    with pytest.raises(TooManyWays):
        net_of(model, {"T1"}).deviation(["T1"])
