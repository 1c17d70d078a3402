"""The customs' tables as a piccolo app."""

from leancity.core.customs.tables import CustomChange, CustomItem
from leancity.core.db.apps import app

APP_CONFIG = app(__name__, CustomItem, CustomChange)
