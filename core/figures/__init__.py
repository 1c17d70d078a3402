"""Figures that cities publish to their region: numbers of processes, never a row about a case or a person."""
