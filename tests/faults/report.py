"""What a run with kills has measured, as a person reads it."""

from __future__ import annotations

from collections import defaultdict

from tests.faults.clients import Ledger
from tests.faults.killer import Kill
from tests.faults.verdict import Verdict


def describe(seed: int, kills: list[Kill], ledger: Ledger, verdict: Verdict, drained: float) -> str:
    """Return the measurements: one line for each kind of victim, then the sums."""
    by_victim: dict[str, list[Kill]] = defaultdict(list)
    for kill in kills:
        by_victim[kill.victim].append(kill)
    lines = [f"seed {seed}: {len(kills)} kills; seconds as median/worst"]
    for victim, its in sorted(by_victim.items()):
        restarted = _spread([kill.restarted for kill in its])
        serving = _spread([kill.serving for kill in its])
        errors = _spread([ledger.silence_after(kill.at) for kill in its])
        lines.append(
            f"  {victim:15} {len(its):2} x  new process {restarted}  serves {serving}  clients' errors {errors}"
        )
    answers = ", ".join(f"{count} x {kind}" for kind, count in ledger.kinds.most_common())
    lines.append(f"  {len(ledger.asked)} requests: {answers}")
    lines.append(
        f"  repeats: {verdict.repeats} to the party with keys, {verdict.doubles} to the one without,"
        f" {verdict.flagged} jobs flagged; all done {drained:.0f} s after the last request"
    )
    lines += [f"  wrong, {kind}: {len(notes)} {notes[:3]}" for kind, notes in verdict.wrong().items()]
    return "\n".join(lines) + "\n"


def _spread(values: list[float]) -> str:
    ordered = sorted(values)
    return f"{ordered[len(ordered) // 2]:.1f}/{ordered[-1]:.1f}"
