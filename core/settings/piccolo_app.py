"""Settings as a piccolo app: it has no tables any more, only the migrations that made and removed one."""

from leancity.core.db.apps import app

APP_CONFIG = app(__name__)
