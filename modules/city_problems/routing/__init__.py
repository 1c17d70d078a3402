"""Routing rules: which unit a report goes to, and by when."""
