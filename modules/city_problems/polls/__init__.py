"""Polls of residents."""
