"""Fifth step: events that the engine would pass by in silence are drawn as what it runs."""

from __future__ import annotations

from lxml import etree

from leancity.core.processes.bpmn.durations import in_calendar
from leancity.core.processes.bpmn.names import bpmn, kind_of, lean, shown
from leancity.core.processes.bpmn.rewriting.copy import Copy, rename
from leancity.core.processes.bpmn.speech import timer_trouble

_MOMENTS = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}
_ASSUMED = "P1D"


def inline_links(copy: Copy) -> None:
    """A link is a flow whose line isn't drawn: draw it, from the throwing event to the only one that catches."""
    catching: dict[tuple[str, str], list[etree._Element]] = {}
    for event in copy.nodes("intermediateCatchEvent"):
        link = next(event.iterchildren(bpmn("linkEventDefinition")), None)
        if link is not None:
            catching.setdefault(_place(event, link), []).append(event)
    for event in copy.nodes("intermediateThrowEvent"):
        link = next(event.iterchildren(bpmn("linkEventDefinition")), None)
        scope = event.getparent()
        if link is None or scope is None:
            continue
        targets = catching.get(_place(event, link), [])
        if len(targets) == 1:
            event.remove(link)
            copy.connect(scope, event.get("id") or "", targets[0].get("id") or "", f"{event.get('id')}_link")
    entered = copy.entering()
    for events in catching.values():
        for event in events:
            if entered.get(event.get("id") or ""):
                for link in list(event.iterchildren(bpmn("linkEventDefinition"))):
                    event.remove(link)
                rename(event, "intermediateThrowEvent")


def _place(event: etree._Element, link: etree._Element) -> tuple[str, str]:
    scope = event.getparent()
    return "" if scope is None else scope.get("id") or "", shown(link.get("name"))


def settle_timers(copy: Copy) -> None:
    """Timers count in the city's calendar where ``lean:timer`` says so; one without a time takes a day."""
    for definition in list(copy.root.iter(bpmn("timerEventDefinition"))):
        event = definition.getparent()
        if event is None:
            continue
        ours = next(event.iter(lean("timer")), None)
        spoken = _in_our_calendar(ours)
        if spoken:
            _write(definition, "timeDate", spoken)
            continue
        moment = next((child for child in definition if kind_of(child) in _MOMENTS), None)
        text = "" if moment is None else (moment.text or "").strip()
        kind = "" if moment is None else _MOMENTS[kind_of(moment)]
        wrong = timer_trouble(kind, text)
        may_replace = wrong == "bpmn_timer_missing" or (wrong == "bpmn_timer_unread" and not copy.is_ours)
        if may_replace:
            _write(definition, "timeDuration", _ASSUMED)
            copy.assume("bpmn_assumed_timer", event, text=text[:100], assumed=_ASSUMED)
        elif moment is not None:
            _write(definition, kind_of(moment), text)


def _in_our_calendar(ours: etree._Element | None) -> str:
    if ours is None:
        return ""
    for attribute, function in (("workingDays", "workdays"), ("workingHours", "workhours")):
        amount = (ours.get(attribute) or "").strip()
        if amount.replace(".", "", 1).isdecimal():
            return in_calendar(function, amount, ours.get("calendar"))
    return ""


def _write(definition: etree._Element, kind: str, text: str) -> None:
    for child in list(definition):
        definition.remove(child)
    etree.SubElement(definition, bpmn(kind)).text = text
