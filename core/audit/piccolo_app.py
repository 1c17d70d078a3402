"""The audit log as a piccolo app."""

from leancity.core.audit.tables import AuditRow
from leancity.core.db.apps import app

APP_CONFIG = app(__name__, AuditRow)
