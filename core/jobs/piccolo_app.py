"""The outbox as a piccolo app."""

from leancity.core.db.apps import app
from leancity.core.jobs.tables import JobRow

APP_CONFIG = app(__name__, JobRow)
