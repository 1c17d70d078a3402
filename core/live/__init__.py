"""Telling who watches that something has changed: committed with the change, told after it, read anew by each."""
