"""Territories as a piccolo app."""

from leancity.core.db.apps import app
from leancity.core.geo.tables import Territory, TerritoryRange

APP_CONFIG = app(__name__, Territory, TerritoryRange)
