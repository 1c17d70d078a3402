"""Doing a request once.

The key's row commits in the first transaction of the request that changes something: a request that was refused leaves
none and may be sent again, one whose process died after the commit is not done again. Of two that run at once the
second waits for the first's commit and then finds the row.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from leancity.core.db.unit import Unit, tenant_tx
from leancity.core.errors import refuse
from leancity.core.idempotency.tables import RequestKey
from leancity.core.identity.principal import current_principal
from leancity.core.identity.vault import fingerprint, seal, unseal
from leancity.core.ids import new_id
from leancity.core.moment import now
from leancity.core.tenancy.context import current_tenant

SHORTEST, LONGEST = 16, 128  # characters: a stranger's key is all that tells theirs from another's
ANSWER_WITHIN = 5  # seconds that a second request waits for the first one's answer
LOOK_EVERY = 0.1

_JOIN = """
insert into request_key (id, tenant_id, key, fingerprint, user_id, answer, at) values ($2, $1, $3, $4, $5, '', $6)
on conflict (tenant_id, key) do nothing
returning id
"""


def checked_key(header: str) -> str:
    """Return the key of a header ``Idempotency-Key``, bare or in quotation marks; refuse what is none."""
    key = header.strip().removeprefix('"').removesuffix('"')
    if not (SHORTEST <= len(key) <= LONGEST and key.isascii() and key.isprintable() and " " not in key):
        raise refuse("idempotency_key_invalid", "Idempotency-Key", shortest=SHORTEST, longest=LONGEST)
    return key


@dataclass(kw_only=True)
class KeyedRequest:
    """A request with a key. ``unit`` is the one that its row was written in; ``repeated``: there was a row already."""

    key: str
    what: str
    unit: Unit | None = None
    repeated: bool = False

    @classmethod
    def of(cls, key: str, what: str) -> KeyedRequest:
        """Return the request of whom is being served; ``what`` is the SHA-256 of all it asks for."""
        return cls(key=fingerprint(f"request {current_principal().user_id} {key}"), what=what)

    async def join(self, unit: Unit) -> None:
        """Commit with ``unit``; raise ``Refused`` when the request was done already."""
        if self.unit is not None:
            return
        who = current_principal().user_id
        row = await unit.connection.fetchval(_JOIN, current_tenant().id, new_id(), self.key, self.what, who, now())
        if row is None:
            self.repeated = True
            raise refuse("request_done")
        self.unit = unit

    def left(self, unit: Unit) -> None:
        """Hear that a unit was rolled back."""
        if unit is self.unit:
            self.unit = None

    async def is_done(self) -> bool:
        """Tell whether the request was done; refuse a key that stood for another one."""
        return await self._row() is not None

    async def answer(self) -> str:
        """Return the answer of the request that was done, "" where it can't be told again; refuse as ``is_done``."""
        waited = 0.0
        while waited < ANSWER_WITHIN:
            row = await self._row()
            if row is None:
                return ""
            if row.answer:
                return unseal(row.answer)
            await asyncio.sleep(LOOK_EVERY)
            waited += LOOK_EVERY
        return ""

    async def keep(self, answer: str) -> None:
        """Keep the answer for who asks again."""
        async with tenant_tx(write=True):
            await RequestKey.update({RequestKey.answer: seal(answer)}).where(RequestKey.key == self.key)

    async def _row(self) -> RequestKey | None:
        async with tenant_tx():
            row = await RequestKey.objects().where(RequestKey.key == self.key).first()
        if row is not None and row.fingerprint != self.what:
            raise refuse("idempotency_key_reused", "Idempotency-Key")
        return row
