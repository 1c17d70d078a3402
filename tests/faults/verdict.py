"""What became of every note: compared are the clients' ledger, the database and what arrived outside."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields

from tests.faults.clients import Ledger
from tests.faults.town import Town, wait_for

DRAINED_WITHIN = 300.0  # seconds: what a killed worker held comes back when its lease has run out


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Notes by what is wrong with them; each list is empty where the promise was kept.

    ``keyed_doubled``: more than one key of one note, which the party can't tell from two effects.
    ``unflagged``: doubled to the party without keys, and nobody is told of the doubt.
    """

    lost: list[str]
    stored_twice: list[str]
    stored_unasked: list[str]
    keyed_missing: list[str]
    keyed_doubled: list[str]
    keyless_missing: list[str]
    keyless_by_two_keys: list[str]
    unflagged: list[str]
    dead: list[str]
    doubles: int  # deliveries more than one to the party without keys
    repeats: int  # the same to the party with keys, which took each once
    flagged: int  # jobs whose delivery is said to be uncertain

    def wrong(self) -> dict[str, list[str]]:
        """Return what is wrong, by kind."""
        lists = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: notes for name, notes in lists.items() if isinstance(notes, list) and notes}


def drain(town: Town) -> float:
    """Wait until none of the probe's jobs is left to do; return the seconds."""
    waiting = "select count(*) as n from job where name like 'probe.%' and state not in ('done', 'dead')"
    return wait_for(lambda: town.rows(waiting)[0]["n"] == 0, DRAINED_WITHIN, "every job done")


def judge(town: Town, ledger: Ledger) -> Verdict:
    """Compare what the ledger promises with what is there."""
    asked = set(ledger.asked)
    stored = Counter(row["note"] for row in town.rows("select note from probe_record") if row["note"] in asked)
    jobs = {str(row["id"]): row for row in town.rows("select id, name, state, is_uncertain from job")}
    keyed, keyless = (
        {note: keys for note, keys in party.keys_of().items() if note in asked}
        for party in (town.parties.keyed, town.parties.keyless)
    )
    unsure = {key for key, row in jobs.items() if row["is_uncertain"]}
    return Verdict(
        lost=[note for note in ledger.read() if not stored[note]],
        stored_twice=[note for note, times in stored.items() if times > 1],
        stored_unasked=sorted((keyed.keys() | keyless.keys()) - stored.keys()),
        keyed_missing=sorted(stored.keys() - keyed.keys()),
        keyed_doubled=[note for note, keys in keyed.items() if len(keys) > 1],
        keyless_missing=sorted(stored.keys() - keyless.keys()),
        keyless_by_two_keys=[note for note, keys in keyless.items() if len(keys) > 1],
        unflagged=[
            note for note, keys in keyless.items() for key, times in keys.items() if times > 1 and key not in unsure
        ],
        dead=[key for key, row in jobs.items() if row["state"] == "dead"],
        doubles=sum(keys.total() - len(keys) for keys in keyless.values()),
        repeats=sum(keys.total() - len(keys) for keys in keyed.values()),
        flagged=len(unsure),
    )
