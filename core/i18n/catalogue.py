"""Message catalogues: ``<locale>.json``, key to text with ``{parameter}`` places.

Keys of the kernel stand bare, a module's carry its prefix (``city_problems.too_far``). Every locale holds the same
keys: reading compares them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from leancity.core.errors import Problem, StartupError
from leancity.core.plugins.gate import is_open
from leancity.core.plugins.manager import Modules, installed_modules
from leancity.core.tenancy.context import current_customs, current_tenant_id

LOCALES = ("ru", "en")
_KERNEL = Path(__file__).parent / "texts"


def read_catalogue(folder: Path) -> dict[str, dict[str, str]]:
    """Return ``{locale: {key: text}}`` of a folder; ``StartupError``: one is missing, or they differ in keys."""
    try:
        texts = {locale: json.loads((folder / f"{locale}.json").read_text("utf-8")) for locale in LOCALES}
    except (OSError, ValueError) as error:
        raise StartupError(f"{folder}: {error}") from error
    for locale in LOCALES[1:]:
        odd = sorted(texts[LOCALES[0]].keys() ^ texts[locale].keys())
        if odd:
            raise StartupError(f"{folder}: {LOCALES[0]} and {locale} differ in {', '.join(odd)}")
    return texts


def merged(modules: Modules) -> dict[str, dict[str, str]]:
    """Return the kernel's and all modules' texts; raise ``StartupError`` for a key without its module's prefix."""
    result = read_catalogue(_KERNEL)
    for owner, texts in modules.collect("register_texts"):
        try:
            catalogue = read_catalogue(texts.folder)
        except StartupError as error:
            raise StartupError(f"{owner}: {error}") from error
        for locale, messages in catalogue.items():
            for key in messages:
                if not key.startswith(f"{owner}."):
                    raise StartupError(f"{owner}: the text {key!r} must start with {owner!r}")
            result[locale].update(messages)
    return result


@cache
def _installed() -> dict[str, dict[str, str]]:
    return merged(installed_modules())


def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Return all texts as they were delivered, by locale and key."""
    return _installed()


def text(key: str, locale: str, params: Mapping[str, Any] | None = None) -> str:
    """Return the text of ``key`` in ``locale`` (English where it is unknown); the key itself where there is none.

    In a city there are the kernel's texts and those of its modules, in the words that the city has chosen; outside one,
    for a command's errors, all.
    """
    if "." in key and current_tenant_id() is not None and not is_open(key.partition(".")[0]):
        return key
    known = locale if locale in LOCALES else "en"
    words = _own(key, known) or _installed()[known].get(key, key)
    return words.format_map(_Given(params or {}))


def _own(key: str, locale: str) -> str | None:
    """Return the city's own words for ``key``, None where it uses the delivered ones."""
    customs = current_customs()
    if not customs.items:
        return None
    from leancity.core.customs.texts import own_words  # it is made of catalogue and settings, which need this file

    return own_words(customs)[locale].get(key)


class _Given(dict[str, Any]):
    """The parameters of a text; a place that nobody fills stays rather than cost the message."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


def describe(problem: Problem, locale: str) -> str:
    """Return what is wrong, for a person. A parameter may itself be a text in every language."""
    params = {
        name: pick(given, locale) if isinstance(given, Mapping) else given for name, given in problem.params.items()
    }
    return text(problem.code, locale, params)


def pick(titles: Mapping[str, str], locale: str) -> str:
    """Return the title in ``locale``, else the English, else any."""
    return titles.get(locale) or titles.get("en") or next(iter(titles.values()))
