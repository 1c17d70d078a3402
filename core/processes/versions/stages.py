"""The way of a version from a sketch to production: its kinds, its stages, and what one stage follows from.

A stage is never set by hand between the test stand and the trial: it follows from what people have agreed to and from
what has been done, so that a question that is asked late takes the version back as honestly as an answer moves it on.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from leancity.core.processes.versions.tables import ProcessAgreement, ProcessMeasure

READ = "core.process.read"
CHANGE = "core.process.change"
PUBLISH = "core.process.publish"


class VersionKind(StrEnum):
    """What a drawing shows: how it goes, how it should go, or a sketch."""

    AS_IS = "as_is"
    TO_BE = "to_be"
    DRAFT = "draft"


class Stage(StrEnum):
    """How far a version has come. ``production`` is the one that new cases take."""

    DRAFT = "draft"
    TEST = "test"
    AGREED = "agreed"
    ORGANISED = "organised"
    TRIAL = "trial"
    PRODUCTION = "production"
    RETIRED = "retired"


class Subject(StrEnum):
    """What a person is asked to agree to: the interfaces of the process, or who does what in it."""

    INTERFACE = "interface"
    ROLES = "roles"


PREPARED = (Stage.TEST, Stage.AGREED, Stage.ORGANISED)
"""Stages that follow from agreements and measures."""


def is_agreed(agreements: Sequence[ProcessAgreement]) -> bool:
    """Tell whether everybody who was asked has agreed, and somebody was asked about each subject."""
    subjects = {row.subject for row in agreements}
    return subjects >= {each.value for each in Subject} and all(row.state == "agreed" for row in agreements)


def is_organised(measures: Sequence[ProcessMeasure]) -> bool:
    """Tell whether there are measures and all are done. One without an act says that none are needed, and why."""
    return bool(measures) and all(row.done_at is not None for row in measures)


def prepared_stage(agreements: Sequence[ProcessAgreement], measures: Sequence[ProcessMeasure]) -> Stage:
    """Return how far a version is that has passed the test stand and is not on trial yet."""
    if not is_agreed(agreements):
        return Stage.TEST
    return Stage.ORGANISED if is_organised(measures) else Stage.AGREED
