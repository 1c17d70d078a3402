"""Rules about what a drawing names of the city: forms, decisions, topics, states, roles, and who does a task."""

from __future__ import annotations

from leancity.core.processes.bpmn.rules.known import Found, Graph, Known, doubtful, wrong


def named(graph: Graph, known: Known) -> Found:
    """Keys of things that the city doesn't have."""
    for node in graph.nodes.values():
        role = node.assign.role if node.assign else ""
        told = node.escalation.to if node.escalation else ""
        for code, key, there in (
            ("bpmn_form_unknown", node.form, known.forms),
            ("bpmn_topic_unknown", node.topic, known.topics),
            ("bpmn_decision_unknown", node.decision, known.decisions),
            ("bpmn_state_unknown", node.state, known.states),
            ("bpmn_role_unknown", role, known.roles),
            ("bpmn_role_unknown", told, known.roles),
        ):
            if key and there is not None and key not in there:
                yield wrong(code, node, key=key[:200])


def performers(graph: Graph, known: Known) -> Found:
    """Tasks of people that nobody will find in a work list."""
    for node in graph.nodes.values():
        assigned = node.assign is not None and any(
            (node.assign.is_author, node.assign.is_head, node.assign.person, node.assign.unit, node.assign.role)
        )
        if node.type != "userTask" or assigned:
            continue
        if not node.lane:
            yield doubtful("bpmn_no_lane", node)
        elif known.lanes is not None and node.lane not in known.lanes:
            yield doubtful("bpmn_lane_unbound", node, lane=node.lane)
