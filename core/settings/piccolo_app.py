"""Settings as a piccolo app."""

from leancity.core.db.apps import app
from leancity.core.settings.tables import SettingRow

APP_CONFIG = app(__name__, SettingRow)
