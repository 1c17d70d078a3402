"""The directory's tables as a piccolo app."""

from leancity.core.db.apps import app
from leancity.core.tenancy.tables import (
    Announcement,
    CataloguePackage,
    Due,
    SessionKey,
    Subscription,
    TenantHost,
    TenantRow,
)

APP_CONFIG = app(__name__, TenantRow, TenantHost, Subscription, SessionKey, Due, Announcement, CataloguePackage)
