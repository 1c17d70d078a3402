"""The term of the whole report: its rule's, else its category's, else its kind's own."""

from __future__ import annotations

from leancity.core.cases.kinds import WHOLE
from leancity.core.cases.registry import open_kinds
from leancity.core.cases.tables import CaseRecord, CaseTerm
from leancity.core.cases.terms import promise
from leancity.core.clock.deadline import DeadlineRule
from leancity.core.clock.targets import TargetKind
from leancity.modules.city_problems.categories import NAME as CATEGORIES
from leancity.modules.city_problems.kinds import KEY
from leancity.modules.city_problems.routing.rules import NAME


async def promise_whole(case: CaseRecord, by_rule: DeadlineRule | None, by_category: DeadlineRule | None) -> None:
    """Hold a locked case to what its rule promises, else its category.

    Where neither does, a case that was held to such a promise goes back to what its kind has today; any other keeps
    the copy that it got when it was filed.
    """
    kind, wanted = open_kinds()[KEY], by_rule or by_category
    if wanted is None and await _is_special(case):
        wanted = next(
            (term.target.rule for term in kind.terms if term.stage == WHOLE and term.target.kind is TargetKind.TARGET),
            None,
        )
    if wanted is not None:
        await promise(case, kind, wanted)


async def _is_special(case: CaseRecord) -> bool:
    """Tell whether the case is held to a promise of a rule or of a category: their terms name where they are from."""
    whole = (CaseTerm.case_id == case.id) & (CaseTerm.stage == WHOLE) & CaseTerm.ended_at.is_null()
    return bool(await CaseTerm.exists().where(whole & CaseTerm.source.is_in([NAME, CATEGORIES])))
