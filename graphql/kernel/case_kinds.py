"""Kinds of case, with words in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, Self

import strawberry

from leancity.core.cases import kinds
from leancity.core.cases.registry import open_kinds
from leancity.core.i18n.catalogue import pick
from leancity.core.identity.principal import current_principal
from leancity.graphql.api import field


class Titled(Protocol):
    """A state or an outcome."""

    @property
    def key(self) -> str: ...

    @property
    def title(self) -> Mapping[str, str]: ...


def in_words(title: Mapping[str, str]) -> str:
    """Return a title in the reader's language."""
    return pick(title, current_principal().locale)


def title_of(key: str, among: Sequence[Titled]) -> str:
    """Return the title of a state or an outcome; the bare key of one that the kind has lost since."""
    return next((in_words(each.title) for each in among if each.key == key), key)


@strawberry.type(description="A state of a kind of case.")
class CaseState:
    key: str
    title: str
    is_final: bool

    @classmethod
    def of(cls, state: kinds.CaseState) -> Self:
        return cls(key=state.key, title=in_words(state.title), is_final=state.is_final)


@strawberry.type(description="How a case can end.")
class CaseOutcome:
    key: str
    title: str

    @classmethod
    def of(cls, outcome: kinds.Outcome) -> Self:
        return cls(key=outcome.key, title=in_words(outcome.title))


@strawberry.type(description="A kind of case.")
class CaseKind:
    key: str
    module: str
    title: str
    states: list[CaseState]
    outcomes: list[CaseOutcome]

    @classmethod
    def of(cls, kind: kinds.CaseKind) -> Self:
        return cls(
            key=kind.key,
            module=kind.module,
            title=in_words(kind.title),
            states=[CaseState.of(state) for state in kind.states],
            outcomes=[CaseOutcome.of(outcome) for outcome in kind.outcomes],
        )


@strawberry.type(description="What the viewer may do to a case now.")
class CaseMove:
    name: str
    title: str
    requires_note: bool
    mutation: str | None = strawberry.field(description="The module's mutation that makes it; caseMove when null.")
    outcomes: list[CaseOutcome] = strawberry.field(description="One of them must be given where there are any.")

    @classmethod
    def of(cls, move: kinds.Transition, kind: kinds.CaseKind) -> Self:
        outcomes = {outcome.key: outcome for outcome in kind.outcomes}
        return cls(
            name=move.name,
            title=in_words(move.title),
            requires_note=move.requires_note,
            mutation=move.mutation,
            outcomes=[CaseOutcome.of(outcomes[key]) for key in move.outcomes],
        )


@strawberry.type
class CaseKindQuery:
    @field(permission="core.case.read", description="The kinds of case that the city has.")
    def case_kinds(self) -> list[CaseKind]:
        return [CaseKind.of(kind) for kind in open_kinds().values()]
