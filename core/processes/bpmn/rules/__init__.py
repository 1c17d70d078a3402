"""The rules of the executable profile ``leancity-exec-1``; docs/developers/bpmn.md says each in words."""
