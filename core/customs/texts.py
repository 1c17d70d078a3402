"""The texts that people outside the office read, in the city's own words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from leancity.core.customs.collection import Collection
from leancity.core.customs.wording import Wording
from leancity.core.errors import Problem
from leancity.core.i18n.catalogue import LOCALES, catalogue
from leancity.core.plugins.manager import Modules
from leancity.core.settings.layers import resolved
from leancity.core.tenancy.customs import Customs

TEXTS = "core.texts"
_TITLE = {"en": "Texts", "ru": "Тексты"}
# Of the kernel's: letters, notifications, the timeline, the page of unsubscribing. A module's are all of them. Other
# texts of the kernel are errors, which are the same in every city so that help can be given by them.
_OUTSIDE = ("mail_", "notify_", "unsubscribe_", "case_event_", "case_relation_")
_PLACE = re.compile(r"{[^{}]*}")


def texts(modules: Modules, open_: frozenset[str]) -> Collection:
    """Return the collection: the keys of the message catalogue that a city words itself."""
    keys = [key for key in catalogue()["ru"] if (key.partition(".")[0] in open_ if "." in key else _is_outside(key))]
    defaults = {key: _default(key) for key in sorted(keys)}
    return Collection(name=TEXTS, title=_TITLE, item=Wording, defaults=defaults, check=_check)


@lru_cache(maxsize=1_024)
def own_words(customs: Customs) -> Mapping[str, Mapping[str, str]]:
    """Return the texts that the city has worded itself, by locale and key.

    One that would not be taken today is passed over.
    """
    found: dict[str, dict[str, str]] = {locale: {} for locale in LOCALES}
    for key, layers in customs.of(TEXTS).items():
        if key not in catalogue()[LOCALES[0]]:
            continue
        wording = resolved(Wording, layers.own, layers.handed_down, _default(key)).settings
        for locale in LOCALES:
            words, default = getattr(wording, locale), catalogue()[locale][key]
            if words not in (None, default) and not odd_places(words, default):
                found[locale][key] = words
    return found


def odd_places(words: str, default: str) -> list[str]:
    """Return what of the braces in ``words`` does not stand so in the default.

    Each place must be one of the default's to the letter: Python's formats can do more than fill in.
    """
    rest = _PLACE.sub("", words)
    stray = [brace for brace in "{}" if brace in rest]
    return [*stray, *sorted({*_PLACE.findall(words)} - {*_PLACE.findall(default)})]


def _is_outside(key: str) -> bool:
    return key.startswith(_OUTSIDE)


def _default(key: str) -> Wording:
    return Wording(ru=catalogue()["ru"][key], en=catalogue()["en"][key])


async def _check(key: str, wording: Wording) -> Iterable[Problem]:
    problems = []
    for locale in LOCALES:
        default, words = catalogue()[locale][key], getattr(wording, locale)
        if words is not None and odd_places(words, default):
            known = ", ".join(dict.fromkeys(_PLACE.findall(default))) or "—"
            problems.append(Problem(code="custom_places", field=locale, params={"places": known}))
    return problems
