"""What subscriptions to changes have in common: they hear ids, and tell what their hearer may read of them."""

from __future__ import annotations

from abc import ABC, abstractmethod


class Reread(ABC):
    """What a subscription yields whose source knows only what has changed, not whether its hearer may know.

    A strawberry type that derives from this is read before its fields are resolved: in the city, for the person and in
    the snapshot of the event's own.
    """

    @abstractmethod
    async def reread(self) -> bool:
        """Read what is told, under the rights of who hears it; False where they are to be told nothing at all."""
