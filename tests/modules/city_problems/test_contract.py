"""The module keeps the promises of every module."""

from leancity.core.testing.contract import ModuleContract


class TestCityProblems(ModuleContract):
    module = "city_problems"
