"""The audit log as a piccolo app."""

from leancity.core.audit.tables import AuditHead, AuditLink, AuditRow, AuditSalt
from leancity.core.db.apps import app

APP_CONFIG = app(__name__, AuditRow, AuditLink, AuditHead, AuditSalt)
