"""Whatever a case waits for, it is moved with it and goes on in the new version, or is kept where it waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from leancity.core.processes.versions.tables import ProcessVersion
from tests.core.processes.publishing import drawing, publish
from tests.core.processes.running.conftest import Works
from tests.core.processes.running.test_moving import movable, move

MESSAGES = '<bpmn:message id="m" name="papers"/><bpmn:message id="other" name="letters"/>'
CALLED = (
    '<bpmn:process id="called" isExecutable="true"><bpmn:startEvent id="inside"/>{inside}<bpmn:endEvent id="left"/>'
    "</bpmn:process>"
)


def task(id_: str, inner: str = "") -> str:
    return f'<bpmn:userTask id="{id_}" name="{id_.title()}">{inner}</bpmn:userTask>'


def heard(id_: str, message: str = "m") -> str:
    definition = f'<bpmn:messageEventDefinition id="{id_}-d" messageRef="{message}"/>'
    return f'<bpmn:intermediateCatchEvent id="{id_}" name="{id_.title()}">{definition}</bpmn:intermediateCatchEvent>'


def beside(id_: str, message: str = "m", *, is_ending: bool = True) -> str:
    definition = f'<bpmn:messageEventDefinition id="{id_}-d" messageRef="{message}"/>'
    how = f'attachedToRef="wait" cancelActivity="{str(is_ending).lower()}"'
    return (
        f'<bpmn:boundaryEvent id="{id_}" name="{id_.title()}" {how}>{definition}'
        f'</bpmn:boundaryEvent><bpmn:endEvent id="{id_}-end"/>' + flows(f"{id_}>{id_}-end")
    )


def flows(*said: str) -> str:
    """Return flows: ``one>other``."""
    return "".join(
        f'<bpmn:sequenceFlow id="{each.replace(">", "-")}" sourceRef="{each.split(">")[0]}"'
        f' targetRef="{each.split(">")[1]}"/>'
        for each in said
    )


def each(of: str, inner: str = "") -> str:
    over = f'<bpmn:loopDataInputRef>{of}</bpmn:loopDataInputRef><bpmn:inputDataItem id="one"/>{inner}'
    return task("wait", f"<bpmn:multiInstanceLoopCharacteristics>{over}</bpmn:multiInstanceLoopCharacteristics>")


GATE = '<bpmn:eventBasedGateway id="wait" name="Wait"/>' + flows("wait>heard", "wait>late", "heard>on", "late>on")
LATE = (
    '<bpmn:intermediateCatchEvent id="late"><bpmn:timerEventDefinition id="t">'
    '<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">P5D</bpmn:timeDuration></bpmn:timerEventDefinition>'
    '</bpmn:intermediateCatchEvent><bpmn:exclusiveGateway id="on"/>'
)
CALL = '<bpmn:callActivity id="wait" name="Wait" calledElement="called"/>'
STEPS = (task("first"), task("second"), flows("inside>first", "first>second", "second>left"))


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A way to wait. ``changes``: what it may become, and the codes and elements by which a case is kept then.

    ``last`` is the node that it is left by; ``inside`` is what a called process has.
    """

    drawn: str
    changes: Sequence[tuple[str, str, str, str]]
    last: str = "wait"
    inside: Sequence[str] = STEPS
    facts: dict[str, Any] = field(default_factory=lambda: {"xs": [1, 2, 3], "ys": [1, 2]})


KINDS = {
    "catch": Kind(
        drawn=heard("wait"),
        changes=[
            (heard("wait", "other"), "", "process_move_changed", "Wait"),
            (task("wait"), "", "process_move_gone", "Wait"),
        ],
    ),
    "gate": Kind(
        drawn=GATE + LATE + heard("heard"),
        changes=[
            (GATE + LATE + heard("heard", "other"), "", "process_move_changed", "Heard"),
            (
                GATE + LATE + heard("heard") + heard("third", "other") + flows("wait>third", "third>on"),
                "",
                "process_move_changed",
                "Wait",
            ),
        ],
        last="on",
    ),
    "call": Kind(
        drawn=CALL,
        changes=[
            (
                CALL,
                "".join(STEPS).replace("second", "third"),
                "process_move_gone",
                "Second",
            ),
            (
                CALL,
                "".join(STEPS) + task("also") + flows("first>also", "also>left"),
                "process_move_behind",
                "First",
            ),
        ],
    ),
    "items": Kind(
        drawn=each("xs"),
        changes=[
            (each("ys"), "", "process_move_changed", "Wait"),
            (task("wait"), "", "process_move_changed", "Wait"),
        ],
    ),
    "beside": Kind(
        drawn=task("wait") + beside("heard"),
        changes=[
            (task("wait") + beside("heard", "other"), "", "process_move_changed", "Heard"),
            (task("wait"), "", "process_move_gone", "Heard"),
            (task("wait") + beside("heard") + beside("also", "other"), "", "process_move_changed", "Wait"),
            (task("wait") + beside("heard", is_ending=False), "", "process_move_changed", "Heard"),
        ],
    ),
}


async def version(works: Works, name: str, drawn: str = "", *, ahead: str = "", inside: str = "") -> ProcessVersion:
    """Publish a drawing that waits, and then asks for ``ahead``, if anything, and for ``sign``."""
    kind = KINDS[name]
    steps = [kind.last, *ahead.split(), "sign", "end"]
    row = "".join(task(each) for each in steps[1:-1]) + flows(*map(">".join, pairwise(steps)))
    whole = f'<bpmn:startEvent id="begun"/>{drawn or kind.drawn}{row}<bpmn:endEvent id="end"/>{flows("begun>wait")}'
    xml = drawing(whole, extra=MESSAGES).decode()
    if name == "call":
        called = CALLED.format(inside=inside or "".join(kind.inside))
        xml = xml.replace("</bpmn:definitions>", f"{called}</bpmn:definitions>")
    return await publish(works.city, xml.encode(), name)


async def waiting(works: Works, name: str) -> Any:
    instance = await works.begin(name, KINDS[name].facts)
    if name == "call":
        await works.finish(await works.item(instance))
    if name == "items":
        await works.finish((await works.items(instance))[0])
    return instance


async def come(works: Works, name: str, instance: Any) -> None:
    """Let what is waited for come."""
    if name in ("catch", "gate", "beside"):
        answer = await works.ask(f'processMessage(name: "papers", instanceId: "{instance}") {{ errors {{ code }} }}')
        assert answer["errors"] == []
        return
    for item in await works.items(instance):
        if item["state"] != "done":
            await works.finish(item)


async def test_what_is_waited_for_comes_to_the_new_version(works: Works) -> None:
    for name in KINDS:
        old = await version(works, name)
        instance = await waiting(works, name)
        before = [(row["id"], row["state"]) for row in await works.items(instance)]
        new = await version(works, name, ahead="approve")
        assert [each["problem"] for each in await movable(works, new, old)] == [None], name
        (result,) = (await move(works, new, instance))["results"]
        assert result["errors"] == [], name
        assert [(row["id"], row["state"]) for row in await works.items(instance)] == before, name
        await come(works, name, instance)
        shown = await works.instance(instance)
        if name == "beside":
            assert shown["status"] == "done", "the message has taken the work away"
            continue
        for title in ("Approve", "Sign"):
            item = await works.item(instance)
            assert item["title"] == title, name
            await works.finish(item)
        assert (await works.instance(instance))["status"] == "done", name


async def test_another_wait_keeps_the_case_and_is_named(works: Works) -> None:
    for name, kind in KINDS.items():
        await version(works, name)
        instance = await waiting(works, name)
        before = await works.instance(instance)
        for drawn, inside, code, element in kind.changes:
            new = await version(works, name, drawn, inside=inside)
            (result,) = (await move(works, new, instance))["results"]
            (told,) = result["errors"]
            assert (told["code"], f"“{element}”" in told["message"]) == (code, True), (name, told)
        assert await works.instance(instance) == before, name
        await come(works, name, instance)
