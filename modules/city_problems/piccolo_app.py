"""The module's tables as a piccolo app."""

from leancity.core.db.apps import app
from leancity.modules.city_problems.tables import CityProblemsCategory, CityProblemsReport

APP_CONFIG = app(__name__, CityProblemsCategory, CityProblemsReport)
