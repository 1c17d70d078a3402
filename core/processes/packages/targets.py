"""The terms of a kind of case that travel with a package: as the giving city has them, beside those of this city.

They are the city's own (``core.targets`` of its customs), so nothing of them lands by itself: who adopts says of which
the package's hold here, and needs the right to change them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leancity.core.cases.kinds import WHOLE, CaseKind
from leancity.core.cases.registry import open_kinds
from leancity.core.clock.targets import TargetKind
from leancity.core.customs.service import change, collections
from leancity.core.customs.targets import TARGETS
from leancity.core.errors import Problem, Refused
from leancity.core.processes.packages.merging.values import THEIRS, chosen
from leancity.core.processes.packages.model import CaseTarget, Content
from leancity.core.tenancy.context import current_tenant


@dataclass(frozen=True, kw_only=True)
class ComparedTarget:
    """A term of the package beside the city's own, None where it has none. ``title`` is the stage's here, its key where
    there is no such stage: then it can't be taken (``is_known``)."""

    theirs: CaseTarget
    mine: CaseTarget | None
    title: str
    is_known: bool

    @property
    def is_alike(self) -> bool:
        """Whether the same is promised, whatever the source says."""
        return self.mine is not None and _rule(self.mine) == _rule(self.theirs)


def case_targets(kind: CaseKind | None) -> tuple[CaseTarget, ...]:
    """Return the terms of a kind as the city has them."""
    return tuple(
        CaseTarget(
            stage=term.stage,
            kind=term.target.kind.value,
            amount=float(term.target.rule.amount),
            unit=term.target.rule.unit.value,
            start=term.target.rule.start.value,
            assumed=term.target.rule.assumed,
            source=term.target.rule.source,
        )
        for term in (() if kind is None else kind.terms)
    )


def compared_targets(content: Content) -> list[ComparedTarget]:
    """Return the terms of a package beside those of the city being served."""
    kind = open_kinds().get(content.process.case_kind)
    mine = {each.address: each for each in case_targets(kind)}
    known = collections()[TARGETS].defaults
    return [
        ComparedTarget(
            theirs=each,
            mine=mine.get(each.address),
            title=_title(kind, each.stage),
            is_known=_key(content, each) in known,
        )
        for each in content.case_targets
    ]


async def take_targets(content: Content, choices: Mapping[str, str]) -> Sequence[str]:
    """Let the terms that were chosen as theirs hold here for cases that enter their stages from now on; return which.

    Refuses stages that the kind has not here, and who may not change the city's terms.
    """
    wanted = [
        each
        for each in compared_targets(content)
        if chosen(choices, each.theirs.address) == THEIRS and not each.is_alike
    ]
    strange = [each.theirs.address for each in wanted if not each.is_known]
    if strange:
        raise Refused(*(Problem(code="package_target_unknown", field=f"choices.{each}") for each in strange))
    for each in wanted:
        term = each.theirs
        values = {"amount": term.amount, "unit": term.unit, "start": term.start, "assumed": term.assumed}
        values |= {"source": term.source or None, "is_off": None}
        await change(TARGETS, _key(content, term), values, source=content.origin)
    return [each.theirs.address for each in wanted]


def _key(content: Content, term: CaseTarget) -> str:
    return f"{content.process.case_kind}/{term.stage}/{TargetKind(term.kind)}"


def _rule(term: CaseTarget) -> tuple[float, str, str]:
    return term.amount, term.unit, term.start


def _title(kind: CaseKind | None, stage: str) -> str:
    titles: Mapping[str, str] = {}
    if kind is not None and stage == WHOLE:
        titles = kind.title
    elif kind is not None:
        titles = next((state.title for state in kind.states if state.key == stage), {})
    return titles.get(current_tenant().locale, stage)
