"""Three-way merge of drawings and decision tables: their parts by id, with the picture of each.

A part that is needed by another one may not vanish silently: where one side took out what the other has built upon,
that part is a conflict too. Who then takes it out takes with it the flows that would lead nowhere, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy

from lxml import etree

from leancity.core.processes.bpmn.names import BPMN, DIAGRAM, referred
from leancity.core.processes.packages.merging.parts import (
    DERIVED,
    Part,
    bare,
    canonical,
    is_part,
    local,
    parts_of,
    pictures_of,
    shown,
)
from leancity.core.processes.packages.merging.values import MINE, THEIRS, Conflict, Merging, chosen
from leancity.core.processes.xml import parse_xml

_DEPENDENT = frozenset({"sequenceFlow", "messageFlow", "association", "boundaryEvent"})
"""Parts that go with what they hang on."""
_LAST = ("textAnnotation", "association", "group")
_NODE_HEAD = frozenset({"documentation", "extensionElements", "auditing", "monitoring"})
_TABLE_ORDER = ("input", "output", "annotation", "rule")


def merge_documents(base: bytes | None, mine: bytes, theirs: bytes, address: str, merging: Merging) -> bytes:
    """Return mine with what the others changed; conflicts go to ``merging`` under ``<address>/<id>``.

    Without a common ``base`` nobody knows who changed what: each part that is not alike is a conflict.
    """
    was = None if base is None else parse_xml(base)
    return _Merge(was, parse_xml(mine), parse_xml(theirs), address=address, merging=merging).document()


class _Merge:
    """One merge of three documents."""

    def __init__(
        self,
        base: etree._Element | None,
        mine: etree._Element,
        theirs: etree._Element,
        *,
        address: str,
        merging: Merging,
    ) -> None:
        self.root = deepcopy(mine)
        self.has_base = base is not None
        self.base = {} if base is None else parts_of(base)
        self.mine, self.theirs = parts_of(mine), parts_of(theirs)
        self.pictures = {THEIRS: pictures_of(theirs), MINE: pictures_of(mine)}
        self.pictures["base"] = {} if base is None else pictures_of(base)
        self.address, self.merging = address, merging
        self.disputed: dict[str, Conflict] = {}
        self.taken: dict[str, str] = {}

    def document(self) -> bytes:
        self.decide()
        self.keep_what_is_needed()
        self.merging.conflicts.extend(self.disputed[each] for each in sorted(self.disputed))
        self.apply()
        return etree.tostring(self.root, encoding="UTF-8", xml_declaration=True)

    def decide(self) -> None:
        """Say of each part from which side it is taken."""
        for identity in dict.fromkeys([*self.base, *self.mine, *self.theirs]):
            base, mine, theirs = (_state(side.get(identity)) for side in (self.base, self.mine, self.theirs))
            if mine == theirs or (self.has_base and theirs == base):
                self.taken[identity] = MINE
            elif self.has_base and mine == base:
                self.taken[identity] = THEIRS
            else:
                self.dispute(identity)

    def dispute(self, identity: str) -> None:
        mine, theirs = self.mine.get(identity), self.theirs.get(identity)
        address = f"{self.address}/{identity}"
        choice = chosen(self.merging.choices, address)
        part = mine or theirs
        self.disputed[identity] = Conflict(
            address=address,
            title=part.title if part else identity,
            mine=shown(mine),
            theirs=shown(theirs),
            choice=choice,
        )
        self.taken[identity] = THEIRS if choice == THEIRS else MINE

    def part(self, identity: str) -> Part | None:
        """Return a part as it will be, None for one that will not."""
        return (self.theirs if self.taken.get(identity) == THEIRS else self.mine).get(identity)

    def keep_what_is_needed(self) -> None:
        """Dispute parts that are gone and needed; drop what hangs on those that somebody has chosen to be gone."""
        gone: set[str] = set()
        while True:
            present = {each: part for each in self.taken if each not in gone and (part := self.part(each)) is not None}
            lost = {
                (needed, each)
                for each, part in present.items()
                for needed in part.needs
                if needed not in present and needed in self.taken
            }
            fresh = {needed for needed, _ in lost if needed not in self.disputed}
            for needed in fresh:
                self.dispute(needed)
                if not self.disputed[needed].choice:
                    # Nothing is lost while nobody has chosen: the side that has it is shown.
                    self.taken[needed] = MINE if needed in self.mine else THEIRS
            hanging = {each for needed, each in lost - {(n, e) for n, e in lost if n in fresh}}
            hanging = {each for each in hanging if present[each].kind in _DEPENDENT}
            if not fresh and not hanging:
                break
            gone |= hanging
        for each in gone:
            self.taken[each] = "gone"

    def apply(self) -> None:
        """Make the copy of mine the merged document."""
        here = {e.get("id") or "": e for e in self.root.iter() if is_part(e)}
        for identity, side in self.taken.items():
            if side == "gone" or (side == THEIRS and identity not in self.theirs):
                self.remove(here.pop(identity, None))
        order = [each for each, side in self.taken.items() if side == THEIRS and each in self.theirs]
        for identity in sorted(order, key=lambda each: _depth(self.theirs[each].element)):
            self.put(identity, here)
        self.draw()
        self.lanes(here)
        self.flows(here)

    def remove(self, element: etree._Element | None) -> None:
        around = None if element is None else element.getparent()
        if element is not None and around is not None:
            around.remove(element)

    def put(self, identity: str, here: dict[str, etree._Element]) -> None:
        """Put their element in place of mine, with the parts that lie in mine; or a new one where it belongs."""
        part = self.theirs[identity]
        made, old = bare(part.element), here.get(identity)
        if old is not None:
            made.extend([child for child in old if is_part(child)])
            around = old.getparent()
            if around is not None:
                around.replace(old, made)
        holder = here.get(part.holder) if part.holder else None
        if old is None or (holder is not None and made.getparent() is not holder):
            _insert(self.root if holder is None else holder, made, part)
        here[identity] = made

    def draw(self) -> None:
        """Let each part's picture come from the side that the part comes from."""
        plane = next(self.root.iter(f"{{{DIAGRAM}}}BPMNPlane"), None)
        if plane is None:
            return
        drawn = pictures_of(self.root)
        for identity in self.taken:
            old, wanted = drawn.get(identity), self.picture(identity)
            if old is not None and (wanted is None or canonical(old) != canonical(wanted)):
                around = old.getparent()
                if around is not None:
                    around.remove(old)
            if wanted is not None and (old is None or old.getparent() is None):
                plane.append(deepcopy(wanted))

    def picture(self, identity: str) -> etree._Element | None:
        if self.taken[identity] == "gone" or self.part(identity) is None:
            return None
        base, mine, theirs = (self.pictures[side].get(identity) for side in ("base", MINE, THEIRS))
        is_alike = _state(self.mine.get(identity)) == _state(self.theirs.get(identity))
        is_moved_here = mine is not None and (base is None or canonical(mine) != canonical(base))
        if self.taken[identity] == MINE and (not is_alike or is_moved_here):
            return mine if mine is not None else theirs
        return theirs if theirs is not None else mine

    def lanes(self, here: Mapping[str, etree._Element]) -> None:
        """Let each lane name the nodes that lie in it, by the side that each node comes from."""
        members: dict[str, list[str]] = {}
        for identity in self.taken:
            part = None if self.taken[identity] == "gone" else self.part(identity)
            for lane in part.lanes if part else ():
                members.setdefault(lane, []).append(identity)
        for identity, element in here.items():
            if local(element) == "lane":
                for old in list(element.iterchildren(f"{{{BPMN}}}flowNodeRef")):
                    element.remove(old)
                place = sum(1 for child in element if local(child) in (*_NODE_HEAD, "partitionElement"))
                for number, member in enumerate(members.get(identity, ())):
                    named = etree.Element(f"{{{BPMN}}}flowNodeRef")
                    named.text = member
                    element.insert(place + number, named)

    def flows(self, here: Mapping[str, etree._Element]) -> None:
        """Write the flows that enter and leave each node anew, for editors that look there."""
        ends: dict[tuple[str, str], list[str]] = {}
        for identity, element in here.items():
            if local(element) == "sequenceFlow":
                ends.setdefault((referred(element.get("targetRef")), "incoming"), []).append(identity)
                ends.setdefault((referred(element.get("sourceRef")), "outgoing"), []).append(identity)
        for identity, element in here.items():
            if referred(element.get("default")) not in here:
                element.attrib.pop("default", None)
            for old in [child for child in element if local(child) in DERIVED - {"flowNodeRef"}]:
                element.remove(old)
            place = sum(1 for child in element if local(child) in _NODE_HEAD)
            for way in ("incoming", "outgoing"):
                for flow in ends.get((identity, way), ()):
                    named = etree.Element(f"{{{BPMN}}}{way}")
                    named.text = flow
                    element.insert(place, named)
                    place += 1


def _state(part: Part | None) -> object:
    return None if part is None else part.state


def _depth(element: etree._Element) -> int:
    return sum(1 for _ in element.iterancestors())


def _insert(around: etree._Element, made: etree._Element, part: Part) -> None:
    """Put an element where the schema wants its kind: annotations after nodes, pictures last, rules after inputs."""
    if part.kind in _TABLE_ORDER:
        before = _TABLE_ORDER[: _TABLE_ORDER.index(part.kind) + 1]
        around.insert(sum(1 for child in around if local(child) in before), made)
        return
    if part.kind in ("laneSet", "childLaneSet"):
        around.insert(sum(1 for child in around if local(child) in (*_NODE_HEAD, "flowNodeRef")), made)
        return
    ends = ("BPMNDiagram", "relationship") if part.kind in _LAST else ("BPMNDiagram", "relationship", *_LAST)
    place = next((n for n, child in enumerate(around) if local(child) in ends), len(around))
    around.insert(place, made)
