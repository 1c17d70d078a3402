"""Rules about what a drawing names of the city: forms, decisions, topics, states, roles, and who does a task."""

from __future__ import annotations

from leancity.core.processes.bpmn.rules.known import Found, Graph, Known, doubtful, wrong


def named(graph: Graph, known: Known) -> Found:
    """Keys of things that the city doesn't have."""
    for node in graph.nodes.values():
        role = node.assign.role if node.assign else ""
        told = node.escalation.to if node.escalation else ""
        begun = node.begin.process if node.begin else ""
        for code, key, there in (
            ("bpmn_form_unknown", node.form, known.forms),
            ("bpmn_topic_unknown", node.topic, known.topics),
            ("bpmn_decision_unknown", node.decision, known.decisions),
            ("bpmn_state_unknown", node.state, known.states),
            ("bpmn_role_unknown", role, known.roles),
            ("bpmn_role_unknown", told, known.roles),
            ("bpmn_process_unknown", begun, known.processes),
            ("bpmn_calendar_unknown", node.timer.calendar if node.timer else "", known.calendars),
            ("bpmn_calendar_unknown", node.term.calendar if node.term else "", known.calendars),
        ):
            if key and there is not None and key not in there:
                yield wrong(code, node, key=key[:200])


def tables(graph: Graph, known: Known) -> Found:
    """Decision tables of which one case can fit two rules: the step would stop there."""
    for node in graph.nodes.values():
        for each in known.overlapping.get(node.decision, ()) if node.decision else ():
            example = ", ".join(f"{title[:60]} = {str(value)[:60]}" for title, value in each.example.items())
            yield doubtful(
                "bpmn_decision_overlap",
                node,
                key=node.decision[:200],
                first=each.first,
                second=each.second,
                example=example[:500],
            )


def performers(graph: Graph, known: Known) -> Found:
    """Tasks of people that nobody will find in a work list."""
    for node in graph.nodes.values():
        if node.type != "userTask" or (node.assign is not None and node.assign.names_somebody):
            continue
        if not node.lane:
            yield doubtful("bpmn_no_lane", node)
        elif known.lanes is not None and node.lane not in known.lanes:
            yield doubtful("bpmn_lane_unbound", node, lane=node.lane)


def apart(graph: Graph) -> Found:
    """Tasks that are to be done by others than a task that isn't there."""
    for node in graph.nodes.values():
        for identity in node.assign.apart if node.assign else ():
            other = graph.nodes.get(identity)
            if node.type != "userTask" or other is None or other.type != "userTask":
                yield wrong("bpmn_apart_nowhere", node, missing=identity[:200])


def ballots(graph: Graph) -> Found:
    """Votes that wouldn't be secret, or that nobody could count."""
    for node in graph.nodes.values():
        ballot = node.ballot
        if ballot is None:
            continue
        if node.type != "userTask" or node.loop is None or node.loop.kind == "standard" or node.loop.output:
            yield wrong("bpmn_ballot_place", node)
        elif not (ballot.result and ballot.field) or len({*ballot.choices}) < 2:
            yield wrong("bpmn_ballot_unclear", node)
