"""Imports as a piccolo app."""

from leancity.core.db.apps import app
from leancity.core.imports.tables import ImportProfile, ImportRun

APP_CONFIG = app(__name__, ImportProfile, ImportRun)
