"""Kills one part after another by SIGKILL, in an order that a seed repeats, and takes the time of each recovery."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import defaultdict, deque
from collections.abc import Sized
from dataclasses import dataclass

from tests.faults.clients import Ledger
from tests.faults.town import VICTIMS, Town, children_of, wait_for

PERIOD = 60.0  # seconds in which `up` restarts a part five times; one of them is left for what we do not foresee
MOST = 4
DELIVERS = ("worker", "postgres")  # the death of either cuts off deliveries that are under way
PARENTS = ("web", "postgres")
CHILD = "child"
PAUSE = (0.5, 2.5)  # seconds between two kills, at least and at most
LONGEST_LULL = 3.0  # seconds that a kill waits for a delivery or an answer to come right after
LONGEST_WAIT = 30.0  # seconds until a part that does not come back fails the run


@dataclass(frozen=True, kw_only=True)
class Kill:
    """One kill. ``victim`` says what was hit, ``restarted`` and ``serving`` how many seconds later it was back."""

    victim: str
    at: float
    restarted: float
    serving: float

    @property
    def part(self) -> str:
        return self.victim.split()[0]

    @property
    def is_of_child(self) -> bool:
        """Whether the part's own process lived on."""
        return self.victim.endswith(CHILD)


def kill_in_turn(town: Town, ledger: Ledger, count: int, seed: int) -> list[Kill]:
    """Kill ``count`` times, every part once before any part twice, and let Redis forget everything now and then."""
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    kills: list[Kill] = []
    recent: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=MOST))
    while len(kills) < count:
        for part in chance.sample(VICTIMS, len(VICTIMS)):
            if len(kills) == count:
                break
            earlier = recent[part]
            if len(earlier) == MOST:
                time.sleep(max(0.0, earlier[0] + PERIOD - time.monotonic()))
            time.sleep(chance.uniform(*PAUSE))
            if chance.random() < 0.25:
                town.empty_redis()
            kills.append(_kill(town, ledger, part, chance))
            earlier.append(time.monotonic())
    return kills


def _kill(town: Town, ledger: Ledger, part: str, chance: random.Random) -> Kill:
    before = town.pid(part)
    assert before, f"{part} does not run"
    hit, victim = before, part
    # A child of the web server serves requests and is started anew by its parent; a child of PostgreSQL serves a
    # connection, and its death makes the server drop all others.
    children = children_of(before)
    if part in PARENTS and children and chance.random() < 0.4:
        hit, victim = children[-1], f"{part} {CHILD}"
    if part in DELIVERS and chance.random() < 0.6:
        _wait_for_one_more(town.parties.keyless.arrived)
    if part == "web":
        _wait_for_one_more(ledger.promised)
    begun = time.monotonic()
    os.kill(hit, signal.SIGKILL)
    restarted = wait_for(lambda: _is_new(town, part, before, hit), LONGEST_WAIT, f"{victim} started anew", every=0.05)
    wait_for(lambda: town.is_serving(part), LONGEST_WAIT, f"{part} serves", every=0.1)
    return Kill(victim=victim, at=begun, restarted=restarted, serving=time.monotonic() - begun)


def _wait_for_one_more(happened: Sized) -> None:
    """Return when something has just happened, whose consequences are still under way, or when nothing does."""
    before, deadline = len(happened), time.monotonic() + LONGEST_LULL
    while len(happened) == before and time.monotonic() < deadline:
        time.sleep(0.005)


def _is_new(town: Town, part: str, before: int, hit: int) -> bool:
    """Whether there is another process in the place of the one that was hit; PostgreSQL's children come and go."""
    if hit == before:
        return town.pid(part) not in (0, before)
    return hit not in (children := children_of(before)) and bool(children)
