"""The normaliser: from a drawing to a copy that can be run, with everything that was assumed on the way.

What a drawing leaves open is assumed, and its author confirms it. What it says and we can't do is left as it stands
where the author meant it to run (``isExecutable``), for the lint to refuse; in a mere drawing a person does it.
The source stays as it is, byte for byte. Normalising what was normalised assumes nothing more and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from leancity.core.processes.bpmn.reader import root_of
from leancity.core.processes.bpmn.rewriting.copy import Assumption
from leancity.core.processes.bpmn.rewriting.cutting import cut
from leancity.core.processes.bpmn.rewriting.ends import begin_and_end
from leancity.core.processes.bpmn.rewriting.events import inline_links, settle_timers
from leancity.core.processes.bpmn.rewriting.flows import cut_loose_ends, mend_flows
from leancity.core.processes.bpmn.rewriting.lanes import lay_lanes_flat
from leancity.core.processes.bpmn.rewriting.messages import boundary_events, name_definitions, send_and_receive
from leancity.core.processes.bpmn.rewriting.tasks import drop_compensation, settle_loops, settle_scopes, settle_tasks
from leancity.core.processes.bpmn.rewriting.ways import settle_choices, settle_conditions, split_by_gateways

__all__ = ["Assumption", "Normalised", "normalise"]

_STEPS = (
    mend_flows,
    drop_compensation,
    cut_loose_ends,
    send_and_receive,
    settle_tasks,
    settle_scopes,
    cut_loose_ends,
    name_definitions,
    boundary_events,
    cut_loose_ends,
    settle_loops,
    settle_timers,
    inline_links,
    begin_and_end,
    settle_conditions,
    split_by_gateways,
    settle_choices,
    lay_lanes_flat,
)


@dataclass(frozen=True, slots=True)
class Normalised:
    """A process that can be run: ``xml`` holds it and those it calls, in UTF-8."""

    xml: bytes
    assumptions: tuple[Assumption, ...]


def normalise(data: bytes, process_id: str) -> Normalised:
    """Return the process of a file as it can be run. ``BpmnError``: see ``reader.read``; or no such process in it."""
    copy = cut(root_of(data), process_id)
    for step in _STEPS:
        step(copy)
    # A canonical text: normalising twice gives the same bytes.
    etree.indent(copy.root)
    xml = etree.tostring(copy.root, encoding="UTF-8", xml_declaration=True)
    return Normalised(xml=xml, assumptions=tuple(copy.assumed))
