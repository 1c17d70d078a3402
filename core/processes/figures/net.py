"""A drawing as a net of tokens, to ask whether a sequence of steps can be played on it.

A token lies on a flow, or in a node that was begun (``@`` and its id) and may be left. Silent are gateways, events, and
automatic tasks that leave no step; all else must stand in the sequence. One of the flows behind an exclusive or event
gateway is taken, all behind a parallel gateway, a task or an event, any of them behind an inclusive one. A parallel
gateway waits for a token on each of its flows; an inclusive one joins those that are there. A sub-process is entered by
its start events and left when nothing of it is left. A boundary event takes the tokens out of its host, or adds one to
them, once, where it doesn't interrupt. Conditions are not asked: either way of a choice may be taken. Steps within an
event sub-process are none that the drawing leads to.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

from leancity.core.processes.bpmn.model import Node, ProcessModel

MOST_MARKINGS = 400
"""Ways of playing a case that are followed at once. A drawing with more is not told as conforming or deviating."""

_AUTOMATIC = frozenset({"serviceTask", "sendTask", "scriptTask", "businessRuleTask", "receiveTask"})
_WIDEST_CHOICE = 4  # flows behind an inclusive gateway of which every selection is tried
_CHOOSING = frozenset({"exclusiveGateway", "eventBasedGateway", "complexGateway"})
_IN, _START, _FIRED = "@", "^", "!"

Marking: TypeAlias = frozenset[tuple[str, int]]
"""Places and how many tokens lie on each."""


class TooManyWays(Exception):
    """The drawing can be played in more ways than are followed."""


@dataclass(frozen=True, kw_only=True)
class Deviation:
    """A case left the drawing when it came to ``step`` (None: when it ended), after the step ``after`` (None: at its
    beginning); ``place`` counts the steps that could be played."""

    place: int
    after: str | None
    step: str | None


@dataclass(frozen=True, kw_only=True)
class Net:
    """A process of a drawing; ``loud`` are the nodes that a sequence has to name.

    ``flows_in`` and ``flows_out``: flows by node, ``targets``: nodes by flow; a node without a flow into it has one of
    its own (``^`` and its id), on which a token lies when its scope begins. ``starts``: those flows by scope, "" being
    the whole. ``boundary``: boundary events by host. ``conditional``: flows with a condition.
    """

    nodes: Mapping[str, Node]
    flows_in: Mapping[str, Sequence[str]]
    flows_out: Mapping[str, Sequence[str]]
    targets: Mapping[str, str]
    starts: Mapping[str, Sequence[str]]
    boundary: Mapping[str, Sequence[Node]]
    conditional: frozenset[str]
    loud: frozenset[str]

    def deviation(self, sequence: Sequence[str]) -> Deviation | None:
        """Return where a sequence of node ids leaves the drawing, None where it can be played from a start to an end.

        ``TooManyWays``: it can't be told within ``MOST_MARKINGS``.
        """
        markings = {_marking([start]) for start in self.starts.get("", ())}
        after: str | None = None
        for place, step in enumerate(sequence):
            markings = {fired for marking in self._spread(markings) for fired in self._enter(marking, step)}
            if not markings:
                return Deviation(place=place, after=after, step=step)
            after = step
        if _marking([]) in self._spread(markings):
            return None
        return Deviation(place=len(sequence), after=after, step=None)

    def _spread(self, markings: Iterable[Marking]) -> set[Marking]:
        """Return these markings and all that can be come to without a step."""
        found = set(markings)
        waiting = [*found]
        while waiting:
            for following in self._silent(waiting.pop()):
                if following not in found:
                    found.add(following)
                    waiting.append(following)
                    if len(found) > MOST_MARKINGS:
                        raise TooManyWays
        return found

    def _silent(self, marking: Marking) -> Iterator[Marking]:
        for place, _ in marking:
            if place.startswith(_IN):
                yield from self._leave(marking, self.nodes[place.removeprefix(_IN)])
            elif place in self.targets and (target := self.targets[place]) not in self.loud:
                yield from self._enter(marking, target)
        for host, events in self.boundary.items():
            yield from self._interrupt(marking, host, events)

    def _enter(self, marking: Marking, node_id: str) -> Iterator[Marking]:
        """Yield what comes of a node being begun, nothing where no token lies before it."""
        tokens, node = Counter(dict(marking)), self.nodes.get(node_id)
        if node is None:
            return
        incoming = self.flows_in.get(node_id, ())
        have = [flow for flow in incoming if tokens[flow]]
        if node.type == "parallelGateway":
            if have and len(have) == len(incoming):
                yield _moved(tokens, have, [_IN + node_id])
        elif node.type == "inclusiveGateway":
            if have:
                yield _moved(tokens, have, [_IN + node_id])
        else:
            for flow in have:
                yield _moved(tokens, [flow], [_IN + node_id])

    def _leave(self, marking: Marking, node: Node) -> Iterator[Marking]:
        tokens, here = Counter(dict(marking)), [_IN + node.id]
        if inner := self.starts.get(node.id):
            yield _moved(tokens, here, inner)
        else:
            yield from self._outwards(tokens, here, node)

    def _outwards(self, tokens: Counter[str], here: Sequence[str], node: Node) -> Iterator[Marking]:
        here = [*here, *(_FIRED + event.id for event in self.boundary.get(node.id, ()) if tokens[_FIRED + event.id])]
        out = self.flows_out.get(node.id, ())
        parent = self.nodes.get(node.parent)
        if not out and parent is not None:
            rest = _moved(tokens, here, [])
            if any(self._is_inside(place, parent.id) for place, _ in rest):
                yield rest  # the sub-process goes on elsewhere
            else:
                yield from self._outwards(Counter(dict(rest)), [], parent)
        elif not out:
            yield _moved(tokens, here, [])
        elif node.type in _CHOOSING:
            for flow in out:
                yield _moved(tokens, here, [flow])
        else:
            free = out if node.type == "inclusiveGateway" else [flow for flow in out if flow in self.conditional]
            always = [flow for flow in out if flow not in free]
            for chosen in _selections(free):
                if always or chosen:
                    yield _moved(tokens, here, [*always, *chosen])

    def _interrupt(self, marking: Marking, host: str, events: Sequence[Node]) -> Iterator[Marking]:
        """Yield what comes of the boundary events of a host that is at work."""
        within = [place for place, _ in marking if place == _IN + host or self._is_inside(place, host)]
        if not within:
            return
        tokens = Counter(dict(marking))
        for event in events:
            if event.interrupts:
                gone = [place for place in within for _ in range(tokens[place])]
                gone += [_FIRED + each.id for each in events if tokens[_FIRED + each.id]]
                yield _moved(tokens, gone, [_IN + event.id])
            elif not tokens[_FIRED + event.id]:
                yield _moved(tokens, [], [_IN + event.id, _FIRED + event.id])

    def _is_inside(self, place: str, holder: str) -> bool:
        """Tell whether a place lies in a sub-process, at whatever depth."""
        node = self.nodes.get(self.targets.get(place, place.removeprefix(_IN)))
        while node is not None and node.parent:
            if node.parent == holder:
                return True
            node = self.nodes.get(node.parent)
        return False


def net_of(model: ProcessModel, walked: Collection[str]) -> Net:
    """Return the net of a process; automatic tasks and events are steps where they are among the ``walked`` nodes."""
    nodes = {node.id: node for node in model.nodes}
    flows = [flow for flow in model.flows if flow.source in nodes and flow.target in nodes]
    into, out, starts = (defaultdict[str, list[str]](list) for _ in range(3))
    for flow in flows:
        out[flow.source].append(flow.id)
        into[flow.target].append(flow.id)
    targets = {flow.id: flow.target for flow in flows}
    boundary = defaultdict[str, list[Node]](list)
    for node in model.nodes:
        if node.attached_to:
            boundary[node.attached_to].append(node)
        elif not node.is_event_scope and not into[node.id]:
            into[node.id].append(_START + node.id)
            starts[node.parent].append(_START + node.id)
            targets[_START + node.id] = node.id
    holders = {node.parent for node in model.nodes if node.parent}
    return Net(
        nodes=nodes,
        flows_in=into,
        flows_out=out,
        targets=targets,
        starts=starts,
        boundary=boundary,
        conditional=frozenset(flow.id for flow in flows if flow.condition),
        loud=frozenset(
            node.id for node in model.nodes if node.id not in holders and (node.id in walked or _is_work(node))
        ),
    )


def _is_work(node: Node) -> bool:
    is_task = node.type == "task" or node.type.endswith("Task") or node.type in ("callActivity", "subProcess")
    return is_task and node.type not in _AUTOMATIC


def _selections(flows: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield every selection of flows, the empty one too; of too many only none, single ones and all."""
    sizes = range(len(flows) + 1) if len(flows) <= _WIDEST_CHOICE else sorted({0, 1, len(flows)})
    for size in sizes:
        yield from combinations(flows, size)


def _marking(places: Iterable[str]) -> Marking:
    return frozenset(Counter(places).items())


def _moved(tokens: Counter[str], taken: Iterable[str], given: Iterable[str]) -> Marking:
    after = tokens.copy()
    after.subtract(taken)
    after.update(given)
    return frozenset((place, count) for place, count in after.items() if count > 0)
