"""The city modules, each a plug-in."""
