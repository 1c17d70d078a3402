"""The operator's tables as a piccolo app."""

from leancity.core.db.apps import app
from leancity.tenants.operator.tables import OperatorCertificate, OperatorOnboarding, OperatorPlan

APP_CONFIG = app(__name__, OperatorPlan, OperatorOnboarding, OperatorCertificate)
