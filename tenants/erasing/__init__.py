"""Letting a city go: everything it has here is removed, and a certificate says so."""
