"""The module's tables as a piccolo app."""

from leancity.core.db.apps import app
from leancity_earthworks.tables import EarthworksApproval, EarthworksBody, EarthworksPermit

APP_CONFIG = app(__name__, EarthworksBody, EarthworksPermit, EarthworksApproval)
