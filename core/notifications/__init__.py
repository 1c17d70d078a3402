"""Telling people what happened to their cases: who, when and by which channel are data of the city."""
