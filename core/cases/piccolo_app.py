"""Cases as a piccolo app."""

from leancity.core.cases.tables import (
    CaseComment,
    CaseEscalation,
    CaseEvent,
    CaseExtension,
    CaseFile,
    CaseFilter,
    CaseFollower,
    CaseHandover,
    CasePause,
    CaseRecord,
    CaseRelation,
    CaseSeries,
    CaseTerm,
)
from leancity.core.db.apps import app

APP_CONFIG = app(
    __name__,
    CaseRecord,
    CaseSeries,
    CaseEvent,
    CaseComment,
    CaseFile,
    CaseRelation,
    CaseFollower,
    CaseHandover,
    CaseTerm,
    CasePause,
    CaseExtension,
    CaseEscalation,
    CaseFilter,
)
