"""The module's tables as a piccolo app."""

from leancity.core.db.apps import app
from leancity.modules.city_problems.forwarding.tables import CityProblemsEndpoint, CityProblemsForwarding
from leancity.modules.city_problems.polls.tables import CityProblemsPoll, CityProblemsPollVote
from leancity.modules.city_problems.routing.tables import CityProblemsRouteTrial
from leancity.modules.city_problems.tables import (
    CityProblemsAnswer,
    CityProblemsCategory,
    CityProblemsMark,
    CityProblemsReport,
    CityProblemsSupporter,
    CityProblemsWatch,
)

APP_CONFIG = app(
    __name__,
    CityProblemsCategory,
    CityProblemsReport,
    CityProblemsAnswer,
    CityProblemsSupporter,
    CityProblemsWatch,
    CityProblemsMark,
    CityProblemsRouteTrial,
    CityProblemsEndpoint,
    CityProblemsForwarding,
    CityProblemsPoll,
    CityProblemsPollVote,
)
