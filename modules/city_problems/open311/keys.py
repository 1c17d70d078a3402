"""Who asks: an API key is a token of an account, given as ``api_key`` or as a bearer token."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from leancity.core.errors import refuse
from leancity.core.identity.attempts import Limit, count_request
from leancity.core.identity.principal import Kind, Principal, current_principal
from leancity.core.identity.rights import principal_of
from leancity.core.identity.use import note_use
from leancity.modules.city_problems.permissions import SUBMIT

FILINGS = Limit(tries=600, within=timedelta(hours=1))
"""Reports that may be filed with one key."""
ARGUMENT = "api_key"


async def caller(api_key: str) -> Principal:
    """Return whom a key stands for, or who asks anyway where none is given; refuse one that opens nothing.

    Answers are in the language that the request asked for, whatever the key's account has chosen.
    """
    who = current_principal()
    if not api_key:
        return who
    found = await principal_of(api_key, who.locale)
    if found is None or found.kind is not Kind.TOKEN:
        raise refuse("city_problems.open311_key_invalid", ARGUMENT)
    await note_use(found.credential_id)
    return replace(found, locale=who.locale)


def require_key() -> None:
    """Refuse whoever asks without a key, and a key whose account may not file reports from another system."""
    who = current_principal()
    if who.kind is not Kind.TOKEN:
        raise refuse("city_problems.open311_key_missing", ARGUMENT)
    who.require(SUBMIT)


async def count_filing() -> None:
    """Count a report that is filed with the key; raise ``Locked`` beyond ``FILINGS``."""
    await count_request("open311", str(current_principal().credential_id), FILINGS)
