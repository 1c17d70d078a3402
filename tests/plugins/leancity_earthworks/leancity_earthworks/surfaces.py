"""What is dug up, and how long its restoring usually takes: an applicant's form is helped by it, a city decides it."""

from __future__ import annotations

from typing import Annotated

from leancity.core.customs.collection import Collection
from leancity.core.settings.declaration import ModuleSettings, Setting

SURFACES = "earthworks.surfaces"

SurfaceTitle = Annotated[
    str,
    Setting(
        title={"en": "Name", "ru": "Название"},
        help={"en": "What applicants choose.", "ru": "Что выбирает заявитель."},
        max_length=100,
    ),
]
RestoreDays = Annotated[
    int,
    Setting(
        title={"en": "Days for restoring", "ru": "Дней на восстановление"},
        help={"en": "What the form proposes.", "ru": "Срок, который предлагает форма."},
        ge=1,
        le=365,
    ),
]
IsOff = Annotated[
    bool,
    Setting(
        title={"en": "Not used here", "ru": "Здесь не используется"},
        help={"en": "Applicants do not see it.", "ru": "Заявители её не видят."},
    ),
]


class Surface(ModuleSettings, frozen=True, kw_only=True):
    """A kind of surface."""

    title: SurfaceTitle = ""
    restore_days: RestoreDays = 10
    is_off: IsOff = False


COLLECTION = Collection(
    name=SURFACES,
    title={"en": "Surfaces", "ru": "Виды покрытия"},
    item=Surface,
    defaults={
        "asphalt": Surface(title="Асфальт", restore_days=5),
        "lawn": Surface(title="Газон", restore_days=30),
    },
    may_add=True,
)
