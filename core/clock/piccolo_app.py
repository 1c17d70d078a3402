"""The clock's tables as a piccolo app."""

from leancity.core.clock.tables import CalendarDay, WorkHours
from leancity.core.db.apps import app

APP_CONFIG = app(__name__, WorkHours, CalendarDay)
