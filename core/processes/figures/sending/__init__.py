"""Figures' raw material for other programs: the event log as XES, cases and steps as CSV."""
