"""A city decides whom it tells: defaults switched off or changed, rules of its own, and all of it put back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leancity.core.audit.log import record
from leancity.core.cases.checks import SHORT, Checks
from leancity.core.cases.registry import open_kinds
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.identity.tables import RoleRow
from leancity.core.ids import new_id
from leancity.core.notifications.defaults import ROLE, misfit
from leancity.core.notifications.events import OF_SUBJECTS
from leancity.core.notifications.rules import CITYS, Rule, forget_rules, rules
from leancity.core.notifications.tables import NotificationRule

MANAGE = "core.notification.manage"
MOST_RULES = 100


@dataclass(frozen=True, kw_only=True)
class NewRule:
    """A rule of the city's own; see ``NotificationDefault`` for what narrows it."""

    title: str
    event: str
    audience: str
    channels: Sequence[str]
    case_kind: str = ""
    status: str = ""
    visibility: str = ""


@dataclass(frozen=True, kw_only=True)
class RuleChange:
    """What becomes of a rule; None leaves it."""

    is_on: bool | None = None
    audience: str | None = None
    channels: Sequence[str] | None = None


async def list_rules() -> tuple[Rule, ...]:
    """Return the city's rules: mandatory ones first, then defaults, then its own."""
    current_principal().require(MANAGE)
    return await rules()


async def find_rule(key: str) -> Rule:
    """Return one of the city's rules."""
    found = next((rule for rule in await list_rules() if rule.key == key), None)
    if found is None:
        raise refuse("not_found", "key")
    return found


async def add_rule(new: NewRule) -> Rule:
    """Add a rule of the city's own; refuse what does not fit, naming each field."""
    current_principal().require(MANAGE)
    checks = Checks()
    title = checks.text("title", new.title, limit=SHORT, required=True)
    kind = open_kinds().get(new.case_kind)
    if new.case_kind and kind is None:
        checks.wrong("not_found", "case_kind")
    if new.status and (kind is None or all(state.key != new.status for state in kind.states)):
        checks.wrong("not_found", "status")
    wrong = misfit(new.event, new.audience, new.channels, new.visibility)
    if wrong is None and new.case_kind and new.event in OF_SUBJECTS:
        wrong = "case_kind"
    if wrong is not None:
        checks.wrong("notification_rule_misfit", wrong)
    checks.done()
    async with tenant_tx(write=True) as unit:
        await _require_role(new.audience)
        if len([rule for rule in await rules() if not rule.is_default]) >= MOST_RULES:
            raise refuse("notification_rules_full", "title", limit=MOST_RULES)
        row = NotificationRule(
            key=f"{CITYS}{new_id().hex}",
            title=title,
            event=new.event,
            audience=new.audience,
            channels=[*new.channels],
            case_kind=new.case_kind,
            status=new.status,
            visibility=new.visibility,
        )
        await row.save()
        await record("core.notification_rule.added", "notification_rule", row.id, key=row.key, audience=row.audience)
        forget_rules(unit)
        return await find_rule(row.key)


async def change_rule(key: str, change: RuleChange) -> Rule:
    """Switch a rule on or off, or give it another audience or other channels."""
    current_principal().require(MANAGE)
    async with tenant_tx(write=True) as unit:
        rule = await find_rule(key)
        audience = rule.audience if change.audience is None else change.audience
        channels = rule.channels if change.channels is None else tuple(change.channels)
        wrong = misfit(rule.event, audience, channels, rule.visibility)
        if wrong is not None:
            raise refuse("notification_rule_misfit", wrong)
        await _require_role(audience)
        row = await NotificationRule.objects().where(NotificationRule.key == key).first() or NotificationRule(key=key)
        row.is_on = row.is_on if change.is_on is None else change.is_on
        row.audience = row.audience if change.audience is None else audience
        row.channels = row.channels if change.channels is None else [*channels]
        target = (NotificationRule.tenant_id, NotificationRule.key)
        values = [NotificationRule.is_on, NotificationRule.audience, NotificationRule.channels]
        await NotificationRule.insert(row).on_conflict(target, "DO UPDATE", values)
        facts = {"is_on": row.is_on, "audience": row.audience, "channels": row.channels}
        await record("core.notification_rule.changed", "notification_rule", None, key=key, **facts)
        forget_rules(unit)
        return await find_rule(key)


async def reset_rule(key: str) -> Rule | None:
    """Put a default back as it came, or remove a rule of the city's own (None)."""
    current_principal().require(MANAGE)
    async with tenant_tx(write=True) as unit:
        rule = await find_rule(key)
        await NotificationRule.delete().where(NotificationRule.key == key)
        await record("core.notification_rule.reset", "notification_rule", None, key=key)
        forget_rules(unit)
        return await find_rule(key) if rule.is_default else None


async def _require_role(audience: str) -> None:
    if audience.startswith(ROLE) and not await RoleRow.exists().where(RoleRow.key == audience.removeprefix(ROLE)):
        raise refuse("role_unknown", "audience", role=audience.removeprefix(ROLE))
