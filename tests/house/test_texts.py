"""Every code that the platform itself refuses with has a text in every language."""

from __future__ import annotations

from leancity.core.i18n.catalogue import LOCALES, merged
from leancity.core.plugins.manager import installed_modules
from leancity.core.testing.facts import codes_of
from tests.house.source import ROOT


def test_every_code_has_a_text() -> None:
    texts = merged(installed_modules())
    codes = {code for folder in ("core", "tenants", "graphql") for code in codes_of(ROOT / folder)}
    assert "required" in codes, "the codes are looked for in the wrong place"
    missing = {locale: sorted(codes - texts[locale].keys()) for locale in LOCALES}
    assert missing == {locale: [] for locale in LOCALES}
