"""The module's table as a piccolo app."""

from leancity.core.db.apps import app
from leancity_probe.tables import ProbeRecord

APP_CONFIG = app(__name__, ProbeRecord)
