"""How a city shows itself: its name in people's languages, a colour, a logo, and where to turn to."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated

from leancity.core.customs.collection import Collection
from leancity.core.customs.logo import check_logo
from leancity.core.plugins.manager import Modules
from leancity.core.settings.declaration import ModuleSettings, Setting
from leancity.core.settings.layers import resolved
from leancity.core.tenancy.context import current_customs, current_tenant
from leancity.core.tenancy.customs import UNTOUCHED, Customs

BRANDING = "core.branding"
_TITLE = {"en": "Branding", "ru": "Оформление"}
# An end of the text, not the end of a line in it: Python's $ matches before a last line break too.
_END = r"(?!\n)$"
_COLOUR = r"^#[0-9a-fA-F]{6}" + _END
_ID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}" + _END
_PHONE = r"^[0-9+][0-9 ()+,-]*" + _END
_EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+" + _END
_SITE = r"^https?://[^\s<>\"]+" + _END


class Branding(ModuleSettings, frozen=True, kw_only=True):
    """What is shown of the city. What is None stays as the directory or the client has it."""

    title_ru: Annotated[
        str | None,
        Setting(
            title={"en": "The city's name in Russian", "ru": "Название города по-русски"},
            help={"en": "On pages and in letters.", "ru": "На страницах и в письмах."},
            max_length=120,
            pattern=r"\S",
        ),
    ] = None
    title_en: Annotated[
        str | None,
        Setting(
            title={"en": "The city's name in English", "ru": "Название города по-английски"},
            help={"en": "On pages and in letters.", "ru": "На страницах и в письмах."},
            max_length=120,
            pattern=r"\S",
        ),
    ] = None
    tagline: Annotated[
        str | None,
        Setting(
            title={"en": "Line under the name", "ru": "Строка под названием"},
            help={"en": "On the front page.", "ru": "На главной странице."},
            max_length=200,
        ),
    ] = None
    colour: Annotated[
        str | None,
        Setting(
            title={"en": "Colour", "ru": "Цвет"},
            help={"en": "Like #1a6fb5.", "ru": "В виде #1a6fb5."},
            max_length=7,
            pattern=_COLOUR,
        ),
    ] = None
    logo_file_id: Annotated[
        str | None,
        Setting(
            title={"en": "Logo", "ru": "Логотип"},
            help={
                "en": "The id of an uploaded picture that hangs on no case. Everybody may fetch it.",
                "ru": "Номер загруженной картинки, не приложенной ни к какому делу. Её увидят все.",
            },
            max_length=36,
            pattern=_ID,
        ),
    ] = None
    contact_phone: Annotated[
        str | None,
        Setting(
            title={"en": "Phone of the city", "ru": "Телефон города"},
            help={
                "en": "Of an office, for example +7 4242 00-00-00.",
                "ru": "Приёмной или дежурной службы, например +7 4242 00-00-00.",
            },
            max_length=60,
            pattern=_PHONE,
        ),
    ] = None
    contact_email: Annotated[
        str | None,
        Setting(
            title={"en": "E-mail of the city", "ru": "Почта города"},
            help={"en": "Of an office, not of a person.", "ru": "Общий адрес, а не личный."},
            max_length=200,
            pattern=_EMAIL,
        ),
    ] = None
    site: Annotated[
        str | None,
        Setting(
            title={"en": "Site", "ru": "Сайт"},
            help={"en": "With https:// in front.", "ru": "Вместе с https://."},
            max_length=300,
            pattern=_SITE,
        ),
    ] = None


def branding(modules: Modules, open_: frozenset[str]) -> Collection:
    """Return the collection of one item. What names the city is not the region's to give."""
    return Collection(
        name=BRANDING,
        title=_TITLE,
        item=Branding,
        defaults={"": Branding()},
        check=check_logo,
        own_only=frozenset({"title_ru", "title_en", "tagline", "logo_file_id"}),
    )


def current_branding() -> Branding:
    """Return how the city being served shows itself."""
    return _branding(current_customs())


@lru_cache(maxsize=1_024)
def _branding(customs: Customs) -> Branding:
    layers = customs.of(BRANDING).get("", UNTOUCHED)
    return resolved(Branding, layers.own, layers.handed_down).settings


def city_title(locale: str) -> str:
    """Return what the city being served is called in a language."""
    found = current_branding()
    titles = {"ru": found.title_ru, "en": found.title_en}
    return titles.get(locale) or current_tenant().title
