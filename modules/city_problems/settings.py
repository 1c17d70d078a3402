"""What a city may set of the module."""

from __future__ import annotations

from typing import Annotated

from leancity.core.settings.declaration import ModuleSettings, Setting


class CityProblemsSettings(ModuleSettings, frozen=True, kw_only=True):
    """The module's settings and their defaults."""

    is_contact_required: Annotated[
        bool,
        Setting(
            title={"en": "A reporter leaves a contact", "ru": "Заявитель оставляет контакты"},
            help={
                "en": "A report without a phone or an e-mail address is not taken.",
                "ru": "Сообщение без телефона или адреса электронной почты не принимается.",
            },
        ),
    ] = False
    is_list_public: Annotated[
        bool,
        Setting(
            title={"en": "List and map for everybody", "ru": "Список и карта открыты всем"},
            help={
                "en": "Otherwise list, map and open data are for staff.",
                "ru": "Иначе список, карту и открытые данные видят только сотрудники.",
            },
        ),
    ] = True
    most_photos: Annotated[
        int,
        Setting(
            title={"en": "Photos of a report", "ru": "Фотографий в сообщении"},
            help={
                "en": "How many photos a report may have at most.",
                "ru": "Сколько фотографий можно приложить к одному сообщению.",
            },
            ge=0,
            le=20,
        ),
    ] = 5
    is_proof_required: Annotated[
        bool,
        Setting(
            title={"en": "A repair is proved by a photo", "ru": "Результат подтверждается фотографией"},
            help={
                "en": "A report can't be closed as fixed without a photo of the result.",
                "ru": "Сообщение нельзя закрыть как устранённое без фотографии результата.",
            },
        ),
    ] = True
