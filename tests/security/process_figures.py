"""Deeds on the figures of processes: logs to import, one of them with a bad line."""

from __future__ import annotations

from tests.security.actors import Actor
from tests.security.making import Arguments, Deed, fresh
from tests.security.process_measured import LOG, kept
from tests.security.world import World


def _importing(text: str) -> Deed:
    async def make(world: World, _: Actor) -> Arguments:
        file = await kept(
            text + f"C,register,2026-07-02 09:00,2026-07-02 10:00\n{fresh('D')},check,,2026-07-02 11:00\n"
        )
        wish = {"processId": world.ids["measured"], "fileId": str(file.id), "claim": file.claim, "title": "Log"}
        return {"input": wish}

    return Deed(make=make)


FIGURES: dict[str, Deed] = {
    "processLogImport": _importing(LOG + "E,check,,yesterday\n"),
    "processLogImport (without a bad line)": _importing(LOG),
}
