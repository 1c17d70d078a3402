"""The keys of requests as a piccolo app."""

from leancity.core.db.apps import app
from leancity.core.idempotency.tables import RequestKey

APP_CONFIG = app(__name__, RequestKey)
