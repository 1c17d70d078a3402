"""Bringing rows of another system into a city: read, mapped, checked line by line, written in batches, resumable."""
