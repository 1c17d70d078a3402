"""What a rule would have done in the city's history, beside what was done."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from leancity.core.cases.terms import pauses_of
from leancity.core.clock.city import city_clock
from leancity.core.clock.deadline import due_at
from leancity.core.db.unit import tenant_tx
from leancity.modules.city_problems.routing.history import Past, past_reports
from leancity.modules.city_problems.routing.matching import Facts, Rule, first_fitting, fits, known_of
from leancity.modules.city_problems.routing.rules import term_of


@dataclass(kw_only=True)
class Findings:
    """What a trial counts.

    Of ``reports`` looked at ``fitted`` fit the rule, ``matched`` of them fit none before it; ``unmatched`` fit no rule.
    Of those matched ``agreed`` went to its unit in the end, ``elsewhere`` counts the others by the id of their unit,
    and ``undecided`` have none. ``taken``: how many it takes from which rule behind it; ``left``: how many that fit go
    to which rule before it. ``kept`` of the ``closed`` matched ones were closed within the term that the rule promises.
    ``differing`` and ``others`` are the matched cases, newest first.
    """

    reports: int = 0
    fitted: int = 0
    matched: int = 0
    unmatched: int = 0
    agreed: int = 0
    undecided: int = 0
    closed: int = 0
    kept: int = 0
    elsewhere: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    differing: list[uuid.UUID] = field(default_factory=list)
    others: list[uuid.UUID] = field(default_factory=list)


async def compare(
    rules: Sequence[Rule], tried: Rule, unit_id: uuid.UUID | None, since: datetime | None, limit: int
) -> Findings:
    """Ask ``rules``, in their order, of the last ``limit`` reports (since ``since``), with and without ``tried``.

    ``unit_id`` is the unit that it sends to.
    """
    place = rules.index(tried)
    before, after = rules[:place], rules[place + 1 :]
    found = Findings()
    async for part in past_reports(since, limit):
        matched = []
        for past, facts in zip(part, await known_of([past.subject for past in part], rules), strict=True):
            if _is_first(found, tried, before, after, facts):
                _count(found, past, unit_id)
                matched.append(past)
        found.kept += await _in_time(matched, tried)
    return found


def _is_first(found: Findings, tried: Rule, before: Sequence[Rule], after: Sequence[Rule], facts: Facts) -> bool:
    """Count which rules a report fits, and tell whether ``tried`` is the first of them."""
    found.reports += 1
    does_fit, earlier = fits(tried, facts), first_fitting(before, facts)
    found.fitted += does_fit
    if earlier is not None:
        if does_fit:
            found.left[earlier.key] += 1
        return False
    later = first_fitting(after, facts)
    if not does_fit:
        found.unmatched += later is None
    elif later is not None:
        found.taken[later.key] += 1
    return does_fit


def _count(found: Findings, past: Past, unit_id: uuid.UUID | None) -> None:
    found.matched += 1
    found.closed += past.closed_at is not None
    if past.unit_id is not None and past.unit_id != unit_id:
        found.elsewhere[str(past.unit_id)] += 1
        found.differing.append(past.case_id)
        return
    found.others.append(past.case_id)
    if past.unit_id is None:
        found.undecided += 1
    else:
        found.agreed += 1


async def _in_time(matched: Sequence[Past], tried: Rule) -> int:
    """Count the closed ones that the rule's term would have found closed in time, pauses taken out."""
    rule = term_of(tried.item)
    closed = {past.case_id: past for past in matched if past.closed_at is not None}
    if rule is None or not closed:
        return 0
    async with tenant_tx():
        clock, pauses = await city_clock(), await pauses_of(closed)
    kept = 0
    for case_id, past in closed.items():
        due = due_at(rule, past.subject.at, clock, pauses.get(case_id, []))
        kept += due is None or (past.closed_at is not None and past.closed_at <= due)
    return kept
