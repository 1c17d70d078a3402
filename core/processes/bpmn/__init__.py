"""BPMN: what was drawn, what the engine can run of it, and the way between the two."""
