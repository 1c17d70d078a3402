"""A choice of a list, as an administrator writes it: ``key: по-русски / in English``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_WRITTEN = re.compile(
    r"\s*(?P<key>[a-z0-9][a-z0-9_-]{0,59})\s*:\s*(?P<ru>[^/]*[^/\s])\s*(?:/\s*(?P<en>.*\S))?\s*", re.S
)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What can be chosen: its ``key`` is kept, ``title`` shown, by language."""

    key: str
    title: Mapping[str, str]


def choice_of(written: str) -> Choice | None:
    """Return the choice that was written, None where it can't be read."""
    found = _WRITTEN.fullmatch(written)
    if found is None:
        return None
    ru = found["ru"]
    return Choice(key=found["key"], title={"ru": ru, "en": found["en"] or ru})
