"""The figures' table as a piccolo app."""

from leancity.core.db.apps import app
from leancity.core.figures.tables import FigurePublication, PublishedFigure

APP_CONFIG = app(__name__, FigurePublication, PublishedFigure)
