"""Earthworks permits: the applicant files once, the administration collects the approvals of all bodies."""
