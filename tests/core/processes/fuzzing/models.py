"""Random models: well-formed ones put together of blocks, and the same with something broken in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count, pairwise
from typing import Any, TypeAlias
from xml.sax.saxutils import escape, quoteattr

from hypothesis import strategies as st
from lxml import etree

from leancity.core.processes.bpmn.names import NODES, bpmn, kind_of

Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]
TOPIC, DECISION, FORM, MESSAGE, SIGNAL = "desk.ask", "fee", "asked", "papers", "bell"

CALM = ("x > 1", "x = 1", "again = true", 'what = "a"', "count(xs) > 1", "true", "not(x = 2)", "x in [1..3]", "nothing")
HOSTILE = (
    "__import__('os').system('x')",
    "().__class__.__base__.__subclasses__()",
    "9**9**9",
    '"a"*10000000000',
    "(" * 300 + "1" + ")" * 300,
    "for a in xs return for b in xs return for c in xs return a",
    "${''.getClass()}",
    "x",
    "1 +",
    "\u202ex = 1",
    "'",
)
TIMES = ("PT1H", "P1D", "P3D", "2031-01-01T09:00:00+03:00", "workdays(3)", "workhours(8)")
ODD_TIMES = ("PT0S", "P9999Y", "R5/PT1H", "R/PT0S", "tomorrow", "x", "-P1D", "")
BLOCKS = (
    "person", "person", "work", "service", "rule", "send", "receive", "timer", "hears", "tells", "events", "bounded",
    "scope", "watched", "items", "loop", "calls", "choice", "some", "all", "back", "row",
)  # fmt: skip
LEAVES = BLOCKS[:10]
CATCHES = ("timer", "message", "signal")

DMN = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="fee" namespace="n">
  <decision id="fee" name="fee"><decisionTable id="t" hitPolicy="%s">
    <input id="i"><inputExpression id="e"><text>x</text></inputExpression></input><output id="o" name="fee"/>
    <rule id="r1"><inputEntry id="a"><text>%s</text></inputEntry><outputEntry id="b"><text>1</text></outputEntry></rule>
    <rule id="r2"><inputEntry id="c"><text>%s</text></inputEntry><outputEntry id="f"><text>2</text></outputEntry></rule>
  </decisionTable></decision></definitions>"""
decisions = st.builds(
    lambda policy, *cells: DMN % (policy, *map(escape, cells)),
    st.sampled_from(("UNIQUE", "FIRST", "ANY", "COLLECT", "RULE ORDER", "PRIORITY", "OUTPUT ORDER", "WRONG")),
    *[st.sampled_from(("< 2", ">= 2", "-", "1, 2", "not(3)", "x.y", "__import__"))] * 2,
)


class Maker:
    """Writes one model; ``draw`` decides. ``is_odd`` lets in what an author gets wrong or means ill."""

    def __init__(self, draw: Draw, *, is_odd: bool) -> None:
        self.draw, self.is_odd = draw, is_odd
        self.numbers = count()
        self.left = draw(st.sampled_from((2, 5, 9, 14)))

    def one_of(self, choices: Sequence[str], odd: Sequence[str] = ()) -> str:
        found: str = self.draw(st.sampled_from((*choices, *odd) if self.is_odd else tuple(choices)))
        return found

    def id(self) -> str:
        return f"n{next(self.numbers)}"

    def process(self) -> str:
        """Return a file with a process, one that it may call, and what both name."""
        body = self.body(2)
        called = Maker(self.draw, is_odd=self.is_odd)
        called.numbers, called.left = self.numbers, 2
        lane = '<bpmn:laneSet id="ls"><bpmn:lane id="lane" name="Clerk">%s</bpmn:lane></bpmn:laneSet>'
        lane %= "".join(f"<bpmn:flowNodeRef>n{number}</bpmn:flowNodeRef>" for number in range(next(self.numbers)))
        return (
            '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
            'xmlns:lean="http://lean-smart-city.example/bpmn/1" targetNamespace="t">'
            f'<bpmn:message id="m" name="{MESSAGE}"/><bpmn:signal id="sg" name="{SIGNAL}"/>'
            '<bpmn:error id="er" name="e" errorCode="service_failed"/><bpmn:escalation id="es" escalationCode="up"/>'
            f'<bpmn:process id="p" name="Fuzz" isExecutable="true">{lane}{body}</bpmn:process>'
            f'<bpmn:process id="called" isExecutable="true">{called.body(0)}</bpmn:process></bpmn:definitions>'
        )

    def body(self, depth: int) -> str:
        """Return a start, blocks and an end, with the flows between."""
        start, end = self.id(), self.id()
        (first, last), inner = self.row(depth)
        ends = ("", "", self.event("terminate"), self.event("signal", "sg"), self.event("escalation", "es"))
        ended = self.draw(st.sampled_from(ends)) if depth else ""
        return (
            self.node("startEvent", start)
            + inner
            + self.node("endEvent", end, ended)
            + self.flow(start, first)
            + self.flow(last, end)
        )

    def row(self, depth: int) -> tuple[tuple[str, str], str]:
        parts = [self.block(depth) for _ in range(self.draw(st.integers(1, 3)))]
        text = "".join(inner for _, inner in parts)
        text += "".join(self.flow(one[1], other[0]) for (one, _), (other, _) in pairwise(parts))
        return (parts[0][0][0], parts[-1][0][1]), text

    def block(self, depth: int) -> tuple[tuple[str, str], str]:
        """Return the node that a block is entered by and the one it is left by, and its XML."""
        self.left -= 1
        kind = self.draw(st.sampled_from(BLOCKS if depth and self.left > 0 else LEAVES))
        made: tuple[tuple[str, str], str] = getattr(self, f"_{kind}")(depth)
        return made

    def alone(self, kind: str, inner: str = "", **more: str) -> tuple[tuple[str, str], str]:
        id_ = self.id()
        return (id_, id_), self.node(kind, id_, inner, **more)

    def _person(self, _: int) -> tuple[tuple[str, str], str]:
        said = ('person="who"', 'unit="place"', 'head="true"', 'author="true"', 'role="core.executor"')
        assign = f"assign {self.one_of(said)}/><lean:" if self.draw(st.booleans()) else ""
        return self.alone("userTask", self.lean(f'{assign}form key="{FORM}"'))

    def _work(self, _: int) -> tuple[tuple[str, str], str]:
        return self.alone(self.one_of(("task", "manualTask"), ("scriptTask", "transaction", "adHocSubProcess")))

    def _service(self, _: int) -> tuple[tuple[str, str], str]:
        return self.alone("serviceTask", self.lean(f'service topic="{TOPIC}"'))

    def _rule(self, _: int) -> tuple[tuple[str, str], str]:
        return self.alone("businessRuleTask", self.lean(f'decision key="{DECISION}" result="fee"'))

    def _send(self, _: int) -> tuple[tuple[str, str], str]:
        return self.alone("sendTask", messageRef=self.one_of(("m",), ("", "none")))

    def _receive(self, _: int) -> tuple[tuple[str, str], str]:
        return self.alone("receiveTask", messageRef=self.one_of(("m",), ("", "none")))

    def _timer(self, _: int) -> tuple[tuple[str, str], str]:
        return self.alone("intermediateCatchEvent", self.timer())

    def _hears(self, _: int) -> tuple[tuple[str, str], str]:
        return self.alone("intermediateCatchEvent", self.caught(self.one_of(("message", "signal"), ("condition",))))

    def _tells(self, _: int) -> tuple[tuple[str, str], str]:
        said = {"message": "m", "signal": "sg", "escalation": "es"}
        kind = self.one_of(tuple(said), ("link", "compensate"))
        return self.alone("intermediateThrowEvent", self.event(kind, said.get(kind, "")))

    def _events(self, depth: int) -> tuple[tuple[str, str], str]:
        gate, join = self.id(), self.id()
        text = self.node("eventBasedGateway", gate) + self.node("exclusiveGateway", join)
        for kind in self.draw(st.lists(st.sampled_from(CATCHES), min_size=2, max_size=3, unique=True)):
            event = self.id()
            text += self.node("intermediateCatchEvent", event, self.caught(kind))
            text += self.flow(gate, event) + self.flow(event, join)
        return (gate, join), text

    def _bounded(self, depth: int) -> tuple[tuple[str, str], str]:
        host, join = self.id(), self.id()
        inside = self.body(0) if self.draw(st.booleans()) else ""
        kind = self.one_of((*CATCHES, "error", "escalation"), ("condition", "compensate"))
        ways = {"attachedToRef": host}
        if kind not in ("error", "compensate") and self.draw(st.booleans()):
            ways["cancelActivity"] = "false"
        boundary, late = self.id(), self.id()
        text = self.node("subProcess" if inside else "userTask", host, inside) + self.node("task", late)
        text += self.node("boundaryEvent", boundary, self.caught(kind), **ways) + self.flow(boundary, late)
        text += self.node("exclusiveGateway", join) + self.flow(host, join)
        if "cancelActivity" in ways:
            end = self.id()
            return (host, join), text + self.node("endEvent", end) + self.flow(late, end)
        return (host, join), text + self.flow(late, join)

    def _scope(self, depth: int) -> tuple[tuple[str, str], str]:
        return self.alone("subProcess", self.body(depth - 1))

    def _watched(self, depth: int) -> tuple[tuple[str, str], str]:
        """A sub-process with an event sub-process in it."""
        start, work, end = self.id(), self.id(), self.id()
        caught = self.caught(self.one_of((*CATCHES, "error", "escalation")))
        interrupts = self.one_of(("true", "false"))
        begin = f"<bpmn:startEvent id={quoteattr(start)} isInterrupting={quoteattr(interrupts)}>{caught}"
        inner = begin + "</bpmn:startEvent>" + self.node("userTask", work) + self.node("endEvent", end)
        inner += self.flow(start, work) + self.flow(work, end)
        watch = self.node("subProcess", self.id(), inner, triggeredByEvent="true")
        return self.alone("subProcess", self.body(depth - 1) + watch)

    def _items(self, depth: int) -> tuple[tuple[str, str], str]:
        over = self.one_of(("<bpmn:loopCardinality>%s</bpmn:loopCardinality>", "<bpmn:loopDataInputRef>xs%s"), ("%s",))
        if "Ref" in over:
            over = (
                f'<bpmn:loopDataInputRef>xs</bpmn:loopDataInputRef><bpmn:inputDataItem id="{self.id()}" name="item"/>'
            )
        else:
            over %= self.one_of(("2", "3", "0"), ("x", "5000", "-1", "9**9"))
        enough = f"<bpmn:completionCondition>{escape(self.condition())}</bpmn:completionCondition>"
        over += enough if self.draw(st.booleans()) else ""
        said = f'<bpmn:multiInstanceLoopCharacteristics isSequential="{self.one_of(("true", "false"))}">{over}'
        said += "</bpmn:multiInstanceLoopCharacteristics>"
        inner = said + self.body(0) if depth > 1 and self.draw(st.booleans()) else said
        return self.alone("subProcess" if "startEvent" in inner else "userTask", inner)

    def _loop(self, _: int) -> tuple[tuple[str, str], str]:
        said = f"<bpmn:loopCondition>{escape(self.condition())}</bpmn:loopCondition>"
        most = self.one_of(("2", "3"), ("0", "-1", "x", "99999"))
        kind = self.one_of(("userTask",), ("task", "serviceTask"))
        return self.alone(kind, f'<bpmn:standardLoopCharacteristics loopMaximum="{most}">{said}'
                                "</bpmn:standardLoopCharacteristics>")  # fmt: skip

    def _calls(self, _: int) -> tuple[tuple[str, str], str]:
        return self.alone("callActivity", calledElement=self.one_of(("called",), ("p", "none")))

    def _choice(self, depth: int) -> tuple[tuple[str, str], str]:
        return self._gate("exclusiveGateway", depth)

    def _some(self, depth: int) -> tuple[tuple[str, str], str]:
        return self._gate("inclusiveGateway", depth)

    def _all(self, depth: int) -> tuple[tuple[str, str], str]:
        return self._gate("parallelGateway", depth)

    def _gate(self, kind: str, depth: int) -> tuple[tuple[str, str], str]:
        split, join = self.id(), self.id()
        text, default = self.node(self.one_of((kind,), ("complexGateway",)), join), ""
        for number in range(self.draw(st.integers(2, 3))):
            (first, last), inner = self.row(depth - 1)
            is_default = not number and kind != "parallelGateway"
            flow = self.id()
            default = flow if is_default else default
            asked = "" if is_default or kind == "parallelGateway" else self.condition()
            text += inner + self.flow(split, first, asked, id_=flow) + self.flow(last, join)
        return (split, join), text + self.node(kind, split, **({"default": default} if default else {}))

    def _back(self, depth: int) -> tuple[tuple[str, str], str]:
        """A way back over a task of a person, while a condition holds."""
        merge, gate, on = self.id(), self.id(), self.id()
        (first, last), inner = self.row(depth - 1)
        text = self.node("exclusiveGateway", merge) + inner + self.flow(merge, first) + self.flow(last, gate)
        flow = self.id()
        text += self.node("exclusiveGateway", gate, default=flow) + self.node("userTask", on)
        return (merge, on), text + self.flow(gate, on, id_=flow) + self.flow(gate, merge, "again = true")

    def _row(self, depth: int) -> tuple[tuple[str, str], str]:
        return self.row(depth - 1)

    def condition(self) -> str:
        return self.one_of(CALM, HOSTILE)

    def timer(self) -> str:
        kind, text = (
            self.one_of(("timeDuration", "timeDuration"), ("timeCycle", "timeDate")),
            self.one_of(TIMES, ODD_TIMES),
        )
        return f"<bpmn:timerEventDefinition><bpmn:{kind}>{escape(text)}</bpmn:{kind}></bpmn:timerEventDefinition>"

    def caught(self, kind: str) -> str:
        if kind == "timer":
            return self.timer()
        if kind == "condition":
            said = f"<bpmn:condition>{escape(self.condition())}</bpmn:condition>"
            return f"<bpmn:conditionalEventDefinition>{said}</bpmn:conditionalEventDefinition>"
        return self.event(kind, {"message": "m", "signal": "sg", "error": "er", "escalation": "es"}.get(kind, ""))

    def event(self, kind: str, named: str = "") -> str:
        return f"<bpmn:{kind}EventDefinition{f' {kind}Ref={quoteattr(named)}' if named else ''}/>"

    def lean(self, said: str) -> str:
        return f"<bpmn:extensionElements><lean:{said}/></bpmn:extensionElements>"

    def node(self, kind: str, id_: str, inner: str = "", **more: str) -> str:
        said = "".join(f" {name}={quoteattr(value)}" for name, value in more.items())
        return f"<bpmn:{kind} id={quoteattr(id_)}{said}>{inner}</bpmn:{kind}>"

    def flow(self, source: str, target: str, asked: str = "", *, id_: str = "") -> str:
        said = f"<bpmn:conditionExpression>{escape(asked)}</bpmn:conditionExpression>" if asked else ""
        ends = f'sourceRef="{source}" targetRef="{target}"'
        return f'<bpmn:sequenceFlow id="{id_ or f"{source}_{target}"}" {ends}>{said}</bpmn:sequenceFlow>'


@st.composite
def models(draw: Draw, *, is_odd: bool | None = None) -> bytes:
    """Draw a file; ``is_odd``: see ``Maker``, and then parts of it may be taken out, doubled, or led astray."""
    odd = draw(st.booleans()) if is_odd is None else is_odd
    text = Maker(draw, is_odd=odd).process()
    if not odd:
        return text.encode()
    root = etree.fromstring(text)
    for _ in range(draw(st.integers(0, 4))):
        _break(draw, root)
    return etree.tostring(root)


def _break(draw: Draw, root: etree._Element) -> None:
    """Change one thing as a bad tool or a bad author would."""
    parts = [element for element in root.iter() if kind_of(element) in NODES or kind_of(element) == "sequenceFlow"]
    if not parts:
        return
    part, other = (draw(st.sampled_from(parts)) for _ in range(2))
    match draw(st.sampled_from(("remove", "astray", "kind", "id", "double", "attribute", "text"))):
        case "remove":
            part.getparent().remove(part)
        case "astray":
            part.set(
                draw(st.sampled_from(("sourceRef", "targetRef", "attachedToRef", "default"))), other.get("id") or ""
            )
        case "kind" if kind_of(part) in NODES:
            part.tag = bpmn(draw(st.sampled_from(sorted(NODES))))
        case "id":
            part.set("id", draw(st.sampled_from((other.get("id") or "", "", "Start", "End", "a b", "1", "n1.EndJoin"))))
        case "double":
            part.addnext(etree.fromstring(etree.tostring(part)))
        case "attribute":
            for name in draw(st.lists(st.sampled_from(sorted(part.attrib) or ["id"]), max_size=1)):
                part.attrib.pop(name, None)
        case _:
            part.text = draw(st.sampled_from(("", "x", "9**9")))
