"""What work asked of the database, kept and asked again for other cases: the floor of a benchmark.

Two pilots tell what is a case's own: a UUID that only one of them used is another one for each case that is replayed.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any

from leancity.core.db.engine import pool
from leancity.core.ids import new_id

Asked = tuple[str, tuple[Any, ...]]
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ENDS = ("COMMIT", "ROLLBACK")


@dataclass(frozen=True)
class Case:
    """A case that waits for its first step: its rows, which a replay has to find."""

    instance: uuid.UUID
    case: uuid.UUID
    item: uuid.UUID
    task: uuid.UUID


@dataclass(frozen=True)
class Replay:
    """The transactions of a pilot; ``own``: the ids that are its own."""

    asked: Sequence[Sequence[Asked]]
    pilot: Case
    own: frozenset[str]

    @property
    def statements(self) -> int:
        return sum(map(len, self.asked))

    @classmethod
    def of(cls, asked: Sequence[Asked], pilot: Case, other: Sequence[Asked]) -> Replay:
        """Return what can be replayed of a pilot, ``other`` being what the other one asked."""
        return cls([*_transactions(asked)], pilot, frozenset(_ids(asked) - _ids(other)))

    def of_case(self, case: Case) -> list[list[Asked]]:
        """Return the transactions for another case, ready to be played."""
        new: defaultdict[str, str] = defaultdict(lambda: str(new_id()))
        new.update(zip(map(str, astuple(self.pilot)), map(str, astuple(case)), strict=True))
        return [[(query, tuple(self._put(each, new) for each in values)) for query, values in t] for t in self.asked]

    def _put(self, value: Any, new: Mapping[str, str]) -> Any:
        if isinstance(value, uuid.UUID):
            return uuid.UUID(new[str(value)]) if str(value) in self.own else value
        if isinstance(value, str):
            return _ID.sub(lambda found: new[found[0]] if found[0] in self.own else found[0], value)
        if isinstance(value, list):
            return [self._put(each, new) for each in value]
        return value


async def play(transactions: Sequence[Sequence[Asked]]) -> None:
    """Ask the database for the same again, each transaction on a connection of the pool."""
    for statements in transactions:
        async with pool().acquire() as connection:
            for query, values in statements:
                await (connection.fetch(query, *values) if values else connection.execute(query))


async def recorded(work: Callable[[], Awaitable[object]]) -> list[Asked]:
    """Run ``work`` on the pool's one connection and return the statements it asked, BEGIN and COMMIT among them."""
    asked: list[Asked] = []

    def note(each: Any) -> None:
        asked.append((each.query, tuple(each.args)))

    async with pool().acquire() as connection:
        connection.add_query_logger(note)
    await work()
    await asyncio.sleep(0.05)  # the logger is told by the loop, a little later
    async with pool().acquire() as connection:
        connection.remove_query_logger(note)
    return asked


def _transactions(asked: Sequence[Asked]) -> Iterator[list[Asked]]:
    """Yield the transactions; what the pool asks between them it asks at a replay too."""
    current: list[Asked] = []
    for query, values in asked:
        if query.startswith("BEGIN"):
            current = []
        current.append((query, values))
        if query.startswith(_ENDS):
            yield current
            current = []


def _ids(asked: Sequence[Asked]) -> set[str]:
    return {found for _, values in asked for value in values for found in _ID.findall(str(value))}
