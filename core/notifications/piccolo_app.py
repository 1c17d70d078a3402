"""Notifications as a piccolo app."""

from leancity.core.db.apps import app
from leancity.core.notifications.tables import (
    Notification,
    NotificationDelivery,
    NotificationPreference,
    NotificationRule,
    NotificationSchedule,
)

APP_CONFIG = app(
    __name__, NotificationRule, Notification, NotificationDelivery, NotificationPreference, NotificationSchedule
)
