"""Words by their Russian stems: PostgreSQL cuts texts and a rule's words alike, so that «яма» is found in «ямы».

Of a rule's entry of several words all must stand in the text, in any order. Capitals don't count, ё is е.
"""

from __future__ import annotations

from collections.abc import Sequence

from leancity.core.db.search import STEMS_SQL
from leancity.core.db.unit import tenant_tx

_LEXEMES = """
select {stems} as lexemes
from unnest($1::text[]) with ordinality as given (words, place) order by given.place
""".replace("{stems}", STEMS_SQL.format(text="given.words"))


async def lexemes_of(texts: Sequence[str]) -> list[frozenset[str]]:
    """Return the stems of each text, none for one of only such words as «на»."""
    if not texts:
        return []
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_LEXEMES, [*texts])
    return [frozenset(row["lexemes"]) for row in rows]
