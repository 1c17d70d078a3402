"""Clients that never stop asking, and the ledger of what they were promised."""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from leancity.core.testing.plain import NO_TLS
from tests.faults.town import Town

CLIENTS = 4
PATIENCE = 15.0  # seconds that a client waits for an answer
INTERNALS = ("traceback", "asyncpg", "postgres", "redis", "connection", "errno", "lc-faults", "pool", "sql")


@dataclass
class Ledger:
    """What clients know. ``asked``: notes sent; ``promised``: those acknowledged, which stand in the file too.

    ``answers``: the moment of each answer, and whether it was a promise. ``hung``: notes whose client gave up waiting.
    ``told_too_much``: answers that name what is none of a client's business. ``kinds``: how requests ended.
    """

    file: Path
    asked: list[str] = field(default_factory=list)
    promised: list[str] = field(default_factory=list)
    answers: list[tuple[float, bool]] = field(default_factory=list)
    hung: list[str] = field(default_factory=list)
    told_too_much: list[str] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def promise(self, note: str) -> None:
        """Write a promise down: only what is on the disk counts, as with a client that crashes next."""
        with self._lock, self.file.open("a") as file:
            file.write(f"{note}\n")
            file.flush()
            os.fsync(file.fileno())
        self.promised.append(note)

    def read(self) -> list[str]:
        """Return the promises that the file holds."""
        return self.file.read_text().split()

    def silence_after(self, moment: float) -> float:
        """Return how long after ``moment`` clients still met with errors, 0.0 when they met with none.

        Until the last error before the first ten promises in a row.
        """
        last, row = moment, 0
        for at, kept in sorted(self.answers):
            if at < moment:
                continue
            row = row + 1 if kept else 0
            if not kept:
                last = at
            if row == 10:
                break
        return last - moment


@contextmanager
def asking(town: Town, mutation: str, seed: int, *, pause: float) -> Iterator[Ledger]:
    """Let clients call ``mutation`` with notes of their own until the block ends.

    ``pause``: seconds at most between two requests of a client.
    """
    ledger = Ledger(town.folder / f"ledger-{mutation}")
    ledger.file.touch()
    done = threading.Event()
    threads = [
        threading.Thread(target=_ask, args=(town, mutation, ledger, done, pause, seed, number))
        for number in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    try:
        yield ledger
    finally:
        done.set()
        for thread in threads:
            thread.join()


def _ask(
    town: Town, mutation: str, ledger: Ledger, done: threading.Event, pause: float, seed: int, client_number: int
) -> None:
    """Ask again and again, each time with a new note: nobody knows what became of one that was not answered."""
    chance = random.Random(f"{seed} {client_number}")  # noqa: S311 - to be repeated, not to be secret
    number = 0
    with httpx.Client(base_url=f"http://127.0.0.1:{town.port}", timeout=PATIENCE, verify=NO_TLS) as client:
        while not done.is_set():
            number += 1
            note = f"{mutation}-{client_number}-{number}"
            ledger.asked.append(note)
            query = f'mutation {{ {mutation}(note: "{note}") {{ note errors {{ code }} }} }}'
            kept, kind = False, ""
            try:
                answer = client.post("/graphql", json={"query": query}, headers={"Host": town.host})
                kept = _is_promise(answer, mutation, note)
                kind = "acknowledged" if kept else _refusal(answer)
                if not kept and any(word in answer.text.lower() for word in INTERNALS):
                    ledger.told_too_much.append(answer.text)
            except httpx.TimeoutException:
                kind = "no answer in time"
                ledger.hung.append(note)
            except httpx.TransportError as error:  # a killed web process hangs up
                kind = type(error).__name__
            if kept:
                ledger.promise(note)
            ledger.kinds[kind] += 1
            ledger.answers.append((time.monotonic(), kept))
            done.wait(chance.random() * pause)


def _is_promise(answer: httpx.Response, mutation: str, note: str) -> bool:
    if answer.status_code != 200:
        return False
    body = json.loads(answer.text)
    return "errors" not in body and body["data"][mutation] == {"note": note, "errors": []}


def _refusal(answer: httpx.Response) -> str:
    """Say in a word how a request was refused: by the status, or by the code of GraphQL's error."""
    if answer.status_code != 200:
        return str(answer.status_code)
    return str(json.loads(answer.text)["errors"][0].get("extensions", {}).get("code"))
