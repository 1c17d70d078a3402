"""What a city may set of the module."""

from __future__ import annotations

from typing import Annotated, Literal

from leancity.core.settings.declaration import ModuleSettings, Setting

MODULE = "city_problems"


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
    who_may_report: Annotated[
        Literal["anybody", "residents"],
        Setting(
            title={"en": "Who may report", "ru": "Кто может сообщать"},
            help={
                "en": "Signed in means by password, by an identity provider, or by a code sent to a mail or a phone.",
                "ru": "Вход — по паролю, через внешний сервис или по коду из письма или СМС.",
            },
            choices={
                "anybody": {"en": "Anybody", "ru": "Все, без входа"},
                "residents": {"en": "Who has signed in", "ru": "Те, кто вошёл"},
            },
        ),
    ] = "residents"
    shown: Annotated[
        Literal["at_once", "sorted"],
        Setting(
            title={"en": "When everybody sees a report", "ru": "Когда сообщение становится видно всем"},
            help={
                "en": "Private data in its text is hidden in either case.",
                "ru": "Личные данные в тексте скрываются в любом случае.",
            },
            choices={
                "at_once": {"en": "At once", "ru": "Сразу"},
                "sorted": {"en": "Once a clerk has sorted it", "ru": "После разбора диспетчером"},
            },
        ),
    ] = "at_once"
    duplicate_radius: Annotated[
        int,
        Setting(
            title={"en": "Duplicates within, metres", "ru": "Повторы в радиусе, метров"},
            help={
                "en": "Reports so near are offered before a new one is sent; a category may have its own radius.",
                "ru": "Столь близкие сообщения показываются перед отправкой; у категории может быть свой радиус.",
            },
            ge=10,
            le=2000,
        ),
    ] = 100
    is_duplicate_of_any_category: Annotated[
        bool,
        Setting(
            title={"en": "Duplicates of any category", "ru": "Повторы в любой категории"},
            help={
                "en": "Otherwise only reports of the same category are offered.",
                "ru": "Иначе предлагаются только сообщения той же категории.",
            },
        ),
    ] = False
    duplicate_days: Annotated[
        int,
        Setting(
            title={"en": "Closed reports offered, days", "ru": "Показывать закрытые, дней"},
            help={
                "en": "A report closed so recently is offered too: it may have come back.",
                "ru": "Недавно закрытые сообщения тоже показываются: проблема могла вернуться.",
            },
            ge=0,
            le=365,
        ),
    ] = 14
    confirm_days: Annotated[
        int,
        Setting(
            title={"en": "Days to confirm or contest", "ru": "Дней на подтверждение"},
            help={
                "en": "For so many days who reported may say that it is not done.",
                "ru": "Столько дней заявитель может ответить, что проблема не устранена.",
            },
            ge=1,
            le=90,
        ),
    ] = 14
    is_routing_automatic: Annotated[
        bool,
        Setting(
            title={"en": "Routes send by themselves", "ru": "Маршруты направляют сами"},
            help={
                "en": "A report that a rule fits goes to its unit without a clerk; otherwise the unit is suggested.",
                "ru": "Подходящее под правило сообщение уходит исполнителю без диспетчера; иначе только предлагается.",
            },
        ),
    ] = False
    is_open311_on: Annotated[
        bool,
        Setting(
            title={"en": "Open311 for other systems", "ru": "Open311 для внешних систем"},
            help={
                "en": "Other systems read the public reports, and file new ones with a key.",
                "ru": "Внешние системы читают открытые сообщения и передают новые по ключу.",
            },
        ),
    ] = True
