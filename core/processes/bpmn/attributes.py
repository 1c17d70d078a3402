"""``lean:`` elements of a node, a flow, a lane or a process: each attribute read, what can't be read told."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from lxml import etree

from leancity.core.clock.calendar import KEY, OFFICE
from leancity.core.clock.deadline import DeadlineRule, StartRule
from leancity.core.clock.units import DeadlineUnit
from leancity.core.processes.bpmn.durations import DAY, HOUR, working_seconds
from leancity.core.processes.bpmn.findings import Finding
from leancity.core.processes.bpmn.model import Assign, Ballot, Begin, Escalation, External, Metrics, Term
from leancity.core.processes.bpmn.names import bpmn, kind_of, lean, shown

T = TypeVar("T")

VALUE_CLASSES = ("va", "bnva", "nva")
BASES = ("norm", "estimate", "measured")
_TRUE = {"true": True, "1": True, "false": False, "0": False}
_MOST = 1e9


@dataclass(slots=True)
class Attributes:
    """The ``lean:`` elements of one element of the drawing; ``findings`` gathers what can't be read."""

    element: etree._Element
    findings: list[Finding] = field(default_factory=list)

    def elements(self, name: str) -> Iterator[etree._Element]:
        """Yield our elements of that name."""
        for extension in self.element.iterchildren(bpmn("extensionElements")):
            yield from extension.iterchildren(lean(name))

    def one(self, name: str) -> etree._Element | None:
        """Return our element of that name; of several the first, and a finding."""
        found = list(self.elements(name))
        if len(found) > 1:
            self.unread(name, "", "")
        return found[0] if found else None

    def text(self, name: str, attribute: str) -> str:
        """Return an attribute as it stands, the empty text where there is none."""
        found = self.one(name)
        return "" if found is None else (found.get(attribute) or "").strip()

    def unread(self, name: str, attribute: str, value: str) -> None:
        """Tell that an attribute can't be read."""
        where = f"lean:{name}/{attribute}" if attribute else f"lean:{name}"
        identity = self.element.get("id") or ""
        self.findings.append(
            Finding(
                code="bpmn_bad_attribute",
                element=identity,
                title=shown(self.element.get("name")) or identity,
                is_error=True,
                params={"attribute": where, "value": value[:100]},
            )
        )

    def read(self, of: etree._Element, attribute: str, way: Callable[[str], T]) -> T | None:
        """Return an attribute read in one way; None where there is none or, with a finding, it can't be read."""
        text = of.get(attribute)
        if text is None or not text.strip():
            return None
        try:
            return way(text.strip())
        except ValueError:
            self.unread(etree.QName(of).localname, attribute, text)
            return None

    def flag(self, of: etree._Element, attribute: str, usual: bool = False) -> bool:
        """Return a yes or no."""
        found = self.read(of, attribute, _truth)
        return usual if found is None else found


def metrics_of(given: Attributes) -> Metrics | None:
    """Return ``lean:metrics``; ``workingDays`` and ``workingHours`` say the lead time again, for other readers: they
    count."""
    found = given.one("metrics")
    if found is None:
        return None
    days = given.read(found, "workingDays", number)
    hours = given.read(found, "workingHours", number)
    lead = given.read(found, "leadTime", working_seconds)
    labour = given.read(found, "labourHours", number)
    return Metrics(
        lead_s=days * DAY if days is not None else hours * HOUR if hours is not None else lead,
        processing_s=given.read(found, "processingTime", working_seconds),
        waiting_s=given.read(found, "waitingTime", working_seconds),
        movement_s=given.read(found, "movementTime", working_seconds),
        labour_s=None if labour is None else labour * HOUR,
        capacity_per_day=_capacity(given, found),
        launches_per_month=given.read(found, "launchesPerMonth", number),
        error_rate=given.read(found, "errorRate", share),
        value_class=given.read(found, "valueClass", _one_of(VALUE_CLASSES)) or "",
        basis=given.read(found, "basis", _one_of(BASES)) or "",
    )


def _capacity(given: Attributes, found: etree._Element) -> float | None:
    capacity = given.read(found, "capacity", number)
    per = given.read(found, "capacityPer", working_seconds)
    if capacity is None or per is None:
        return capacity
    if not per:
        given.unread("metrics", "capacityPer", found.get("capacityPer") or "")
        return None
    return capacity * DAY / per


def term_of(given: Attributes) -> Term | None:
    """Return ``lean:term`` where it makes a ``DeadlineRule``, or says when it is due by an expression."""
    found = given.one("term")
    if found is None:
        return None
    if due := (found.get("due") or "").strip():
        return Term(due=due, kind=found.get("kind") or "", source=found.get("source") or "")
    try:
        rule = DeadlineRule(
            amount=number(found.get("amount") or ""),
            unit=DeadlineUnit(found.get("unit") or ""),
            start=StartRule(found.get("start") or StartRule.MOMENT.value),
        )
    except ValueError:
        given.unread("term", "", " ".join(f"{name}={value}" for name, value in found.attrib.items()))
        return None
    return Term(
        amount=rule.amount,
        unit=rule.unit.value,
        start=rule.start.value,
        kind=found.get("kind") or "",
        source=found.get("source") or "",
        calendar=calendar_of(given, found),
    )


def calendar_of(given: Attributes, found: etree._Element) -> str:
    """Return the key of the calendar that a timer or a task's term is counted by, the empty text for the office's.

    A whole process has none but that: its term is the case's, whose pauses and extensions the city counts by it.
    """
    key = given.read(found, "calendar", _calendar) or ""
    if key and kind_of(given.element) == "process":
        given.unread(etree.QName(found).localname, "calendar", key)
        return ""
    return "" if key == OFFICE else key


def assign_of(given: Attributes) -> Assign | None:
    """Return ``lean:assign``."""
    found = given.one("assign")
    if found is None:
        return None
    return Assign(
        is_author=given.flag(found, "author"),
        is_head=given.flag(found, "head"),
        person=(found.get("person") or "").strip(),
        unit=(found.get("unit") or "").strip(),
        role=(found.get("role") or "").strip(),
        apart=tuple((found.get("apart") or "").split()),
    )


def ballot_of(given: Attributes) -> Ballot | None:
    """Return ``lean:ballot``; what of it is missing the profile tells."""
    found = given.one("ballot")
    if found is None:
        return None
    return Ballot(
        result=(found.get("result") or "").strip(),
        field=(found.get("field") or "").strip(),
        choices=tuple((found.get("choices") or "").split()),
        quorum=(found.get("quorum") or "").strip(),
    )


def begin_of(given: Attributes) -> Begin | None:
    """Return ``lean:begin``; what of it is missing the profile tells."""
    found = given.one("begin")
    if found is None:
        return None
    texts = {
        name: (found.get(name) or "").strip()
        for name in ("process", "each", "title", "text", "unit", "person", "author", "result")
    }
    facts = tuple(
        ((each.get("name") or "").strip(), (each.get("value") or "").strip())
        for each in found.iterchildren(lean("fact"))
    )
    return Begin(**texts, item=(found.get("as") or "").strip() or "item", facts=facts)


def wait_of(given: Attributes) -> External | None:
    """Return ``lean:wait``."""
    found = given.one("wait")
    if found is None:
        return None
    return External(external=given.flag(found, "external"), pauses=given.flag(found, "pauses"))


def escalation_of(given: Attributes) -> Escalation | None:
    """Return ``lean:escalate``."""
    found = given.one("escalate")
    if found is None:
        return None
    return Escalation(to=(found.get("to") or "").strip(), message=(found.get("message") or "").strip())


def number(text: str) -> float:
    """Return a number of nought or more; ValueError: it is none."""
    value = float(text)
    if not math.isfinite(value) or not 0 <= value <= _MOST:
        raise ValueError(text)
    return value


def share(text: str) -> float:
    """Return a number from 0 to 1; ValueError: it is none."""
    value = number(text)
    if value > 1:
        raise ValueError(text)
    return value


def _calendar(text: str) -> str:
    if not KEY.fullmatch(text):
        raise ValueError(text)
    return text


def _truth(text: str) -> bool:
    if text not in _TRUE:
        raise ValueError(text)
    return _TRUE[text]


def _one_of(words: tuple[str, ...]) -> Callable[[str], str]:
    def way(text: str) -> str:
        if text not in words:
            raise ValueError(text)
        return text

    return way
