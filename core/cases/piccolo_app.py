"""Cases as a piccolo app."""

from leancity.core.cases.tables import (
    CaseComment,
    CaseEvent,
    CaseFile,
    CaseFilter,
    CaseHandover,
    CaseRecord,
    CaseRelation,
    CaseSeries,
)
from leancity.core.db.apps import app

APP_CONFIG = app(
    __name__, CaseRecord, CaseSeries, CaseEvent, CaseComment, CaseFile, CaseRelation, CaseHandover, CaseFilter
)
