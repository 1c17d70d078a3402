"""Files as a piccolo app."""

from leancity.core.db.apps import app
from leancity.core.files.tables import StoredFile, UploadQuota

APP_CONFIG = app(__name__, StoredFile, UploadQuota)
