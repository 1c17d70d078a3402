"""Processes that modules bring: read, checked at start, given to the cities that have the module."""
