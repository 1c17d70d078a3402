"""Whom the city tells of what, and what became of it: for who decides that."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.i18n.catalogue import text
from leancity.core.identity.principal import current_principal
from leancity.core.notifications import codes, deliveries, letters, managing, reading, tables
from leancity.core.notifications.managing import MANAGE
from leancity.core.notifications.rules import Rule
from leancity.core.notifications.words import sample, sentence
from leancity.graphql.api import Connection, Context, Keyset, Payload, connection, field, mutation
from leancity.graphql.kernel.case_kinds import in_words
from leancity.graphql.kernel.case_parts import READ
from leancity.graphql.kernel.cases import Case, case_of
from leancity.graphql.kernel.choices import CaseVisibility
from leancity.graphql.kernel.notification_preferences import NotificationChannel
from leancity.graphql.kernel.people import User, user_of

AUDIENCES = "author, follower, assignee, unit, unit_head, addressee, worker, role:<key>."


@strawberry.enum(description="Skipped: not sent, for a reason. Uncertain: sent, perhaps twice.")
class NotificationDeliveryState(StrEnum):
    WAITING = codes.WAITING
    SENT = codes.SENT
    SKIPPED = codes.SKIPPED
    FAILED = codes.FAILED
    UNCERTAIN = codes.UNCERTAIN


@strawberry.type(description="Who is told of which event, by which channels.")
class NotificationRule:
    key: str = strawberry.field(description="<module>.<name>, or city.<id> for a rule of the city's own.")
    title: str
    event: str
    case_kind: str | None = strawberry.field(description="Null: of every kind.")
    status: str | None = strawberry.field(description="The state entered; null: any.")
    visibility: CaseVisibility | None = strawberry.field(description="Of a comment or a file; null: both.")
    audience: str = strawberry.field(description=AUDIENCES)
    channels: list[NotificationChannel]
    is_on: bool
    is_mandatory: bool = strawberry.field(description="People can't switch it off for themselves.")
    is_default: bool = strawberry.field(description="It came with the platform or a module.")
    is_changed: bool = strawberry.field(description="A default that the city has changed.")

    @classmethod
    def of(cls, rule: Rule) -> Self:
        return cls(
            key=rule.key,
            title=in_words(rule.title),
            event=rule.event,
            case_kind=rule.case_kind or None,
            status=rule.status or None,
            visibility=CaseVisibility(rule.visibility) if rule.visibility else None,
            audience=rule.audience,
            channels=[NotificationChannel(each) for each in rule.channels],
            is_on=rule.is_on,
            is_mandatory=rule.is_mandatory,
            is_default=rule.is_default,
            is_changed=rule.is_changed,
        )


@strawberry.type(description="What a rule tells, of an invented case or thing.")
class NotificationPreview:
    text: str
    subject: str
    body: str


@strawberry.type(description="What became of telling a person of an event by a channel.")
class NotificationDelivery:
    id: uuid.UUID
    at: datetime
    done_at: datetime | None
    due_at: datetime | None = strawberry.field(description="The end of the quiet hours, or the digest it waits for.")
    case_id: uuid.UUID | None = strawberry.field(description="Null where it is about no case.")
    event: str
    key: str = strawberry.field(description="Of the rule.")
    channel: NotificationChannel
    state: NotificationDeliveryState
    reason: str = strawberry.field(description="A stable code, empty where there is nothing to say.")
    reason_title: str
    attempts: int = strawberry.field(description="That the mail server turned away.")
    user_id: strawberry.Private[uuid.UUID]

    @classmethod
    def of(cls, row: tables.NotificationDelivery) -> Self:
        return cls(
            id=row.id,
            at=row.at,
            done_at=row.done_at,
            due_at=row.due_at,
            case_id=row.case_id,
            event=row.event,
            key=row.key,
            channel=NotificationChannel(row.channel),
            state=NotificationDeliveryState(row.state),
            reason=row.reason,
            reason_title=_reason(row.reason),
            attempts=row.attempts,
            user_id=row.user_id,
        )

    @field(permission=MANAGE, description="A resident's name is masked for who may not read it.")
    async def user(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.user_id)

    @field(permission=READ, description="Null where the viewer may not see the case.")
    async def case(self, info: Info[Context, None]) -> Case | None:
        return None if self.case_id is None else await case_of(info, self.case_id)


@strawberry.type
class NotificationRuleQuery:
    @field(permission=MANAGE, description="Defaults as the city has changed them, and its own; mandatory ones first.")
    async def notification_rules(self) -> list[NotificationRule]:
        return [NotificationRule.of(rule) for rule in await managing.list_rules()]

    @field(permission=MANAGE, description="What a rule would tell, in the viewer's language.")
    async def notification_preview(self, key: str, case_kind: str | None = None) -> NotificationPreview:
        rule, locale = await managing.find_rule(key), current_principal().locale
        kind = case_kind or rule.case_kind
        what = sample(rule.key, rule.event, audience=rule.audience, case_kind=kind)
        subject, body = letters.preview(what, locale)
        return NotificationPreview(text=sentence(what, locale), subject=subject, body=body)

    @field(permission=MANAGE, description="Newest first; of a case, or in a state.")
    async def notification_deliveries(
        self,
        case_id: uuid.UUID | None = None,
        state: NotificationDeliveryState | None = None,
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[NotificationDelivery]:
        wanted = None if state is None else state.value

        async def fetch(limit: int, keyset: Keyset | None) -> Sequence[tables.NotificationDelivery]:
            place = None if keyset is None else reading.Place(*keyset)
            return await deliveries.list_deliveries(case_id=case_id, state=wanted, limit=limit, after=place)

        async def count() -> int:
            return await deliveries.count_deliveries(case_id=case_id, state=wanted)

        return await connection(
            "core.notification_deliveries",
            keyset=(datetime, uuid.UUID),
            first=first,
            after=after,
            fetch=fetch,
            count=count,
            key=lambda row: (row.at, row.id),
            node=NotificationDelivery.of,
        )


@strawberry.input(description="A rule of the city's own.")
class NotificationRuleInput:
    title: str
    event: str = strawberry.field(description="filed, moved, closed, reopened, assigned, commented … as rules have it.")
    audience: str = strawberry.field(description=AUDIENCES)
    channels: list[NotificationChannel]
    case_kind: str | None = None
    status: str | None = strawberry.field(default=None, description="The state entered; needs caseKind.")
    visibility: CaseVisibility | None = None

    def rule(self) -> managing.NewRule:
        """Return what the service is asked."""
        return managing.NewRule(
            title=self.title,
            event=self.event,
            audience=self.audience,
            channels=[each.value for each in self.channels],
            case_kind=self.case_kind or "",
            status=self.status or "",
            visibility="" if self.visibility is None else self.visibility.value,
        )


@strawberry.type
class NotificationRulePayload(Payload):
    rule: NotificationRule | None = None


@strawberry.type
class NotificationRuleMutation:
    @mutation(permission=MANAGE, description="What is left out stays. What a city has changed, no new version changes.")
    async def notification_rule_change(
        self,
        key: str,
        is_on: bool | None = None,
        audience: str | None = None,
        channels: list[NotificationChannel] | None = None,
    ) -> NotificationRulePayload:
        given = None if channels is None else [each.value for each in channels]
        change = managing.RuleChange(is_on=is_on, audience=audience, channels=given)
        return NotificationRulePayload(rule=NotificationRule.of(await managing.change_rule(key, change)))

    @mutation(permission=MANAGE)
    async def notification_rule_add(self, input: NotificationRuleInput) -> NotificationRulePayload:
        return NotificationRulePayload(rule=NotificationRule.of(await managing.add_rule(input.rule())))

    @mutation(permission=MANAGE, description="Put a default back as it came; remove a rule of the city's own.")
    async def notification_rule_reset(self, key: str) -> NotificationRulePayload:
        rule = await managing.reset_rule(key)
        return NotificationRulePayload(rule=None if rule is None else NotificationRule.of(rule))


def _reason(code: str) -> str:
    name, _, smtp = code.partition(codes.SMTP)
    key = f"delivery_{name}" if name else "delivery_smtp"
    return text(key, current_principal().locale, {"code": smtp}) if code else ""
