"""What each person wants to be told of, how, and when."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

from leancity.core.audit.log import record
from leancity.core.cases.checks import Checks
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import current_principal
from leancity.core.notifications.defaults import EMAIL, OF_RESIDENTS
from leancity.core.notifications.hours import next_digest, quiet_until
from leancity.core.notifications.rules import Rule, rules
from leancity.core.notifications.tables import NotificationPreference, NotificationSchedule
from leancity.core.tenancy.context import current_tenant

OFF, AT_ONCE, DIGEST = "off", "at_once", "digest"
MODES = (OFF, AT_ONCE, DIGEST)

_ROLES = """
select r.key from role_grant g join role r on r.tenant_id = g.tenant_id and r.id = g.role_id
where g.tenant_id = $1 and g.user_id = $2 and (g.expires_at is null or g.expires_at > now())
"""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How to be told of ``key`` by a channel."""

    key: str
    channel: str
    mode: str


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """When one may be written to; see ``NotificationSchedule``. ``zone`` "" is the city's."""

    zone: str = ""
    quiet_from: int | None = None
    quiet_to: int | None = None
    digest_hour: int = 9
    digest_weekday: int | None = None

    @property
    def zone_info(self) -> ZoneInfo:
        return ZoneInfo(self.zone) if self.zone else current_tenant().zone_info

    def quiet_until(self, moment: datetime) -> datetime | None:
        """Return the end of the quiet hours that a moment lies in."""
        if self.quiet_from is None or self.quiet_to is None:
            return None
        return quiet_until(moment, self.quiet_from, self.quiet_to, self.zone_info)

    def next_digest(self, moment: datetime) -> datetime:
        """Return the next digest."""
        return next_digest(moment, self.digest_hour, self.digest_weekday, self.zone_info)


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What people asked for; who asked for nothing is told of everything at once."""

    modes: Mapping[tuple[uuid.UUID, str, str], str]
    schedules: Mapping[uuid.UUID, Schedule]

    def mode(self, user_id: uuid.UUID, rule: Rule, channel: str) -> str:
        """Return how a person is told by a rule and a channel."""
        return AT_ONCE if rule.is_mandatory else self.modes.get((user_id, rule.key, channel), AT_ONCE)

    def schedule(self, user_id: uuid.UUID) -> Schedule:
        return self.schedules.get(user_id, Schedule())


async def wishes_of(user_ids: Collection[uuid.UUID]) -> Wishes:
    """Return what people asked for. Asks for no permission: guard what leads there."""
    async with tenant_tx():
        ids = [*user_ids]
        chosen = await NotificationPreference.objects().where(NotificationPreference.user_id.is_in(ids)) if ids else []
        when = await NotificationSchedule.objects().where(NotificationSchedule.user_id.is_in(ids)) if ids else []
    return Wishes(
        modes={(row.user_id, row.key, row.channel): row.mode for row in chosen},
        schedules={row.user_id: _schedule(row) for row in when},
    )


async def my_rules() -> list[Rule]:
    """Return the rules by which whoever asks could be told of something."""
    who = current_principal()
    user_id = who.account()
    async with tenant_tx() as unit:
        found = [rule for rule in await rules() if rule.is_on]
        if who.is_resident:
            return [rule for rule in found if rule.audience in OF_RESIDENTS]
        held = {row["key"] for row in await unit.connection.fetch(_ROLES, unit.tenant_id, user_id)}
    return [rule for rule in found if rule.role is None or rule.role in held]


async def my_wishes() -> Wishes:
    """Return what whoever asks asked for."""
    return await wishes_of([current_principal().account()])


async def change_wishes(wishes: Sequence[Wish] = (), schedule: Schedule | None = None) -> None:
    """Change how one is told of some keys, and when (None: as before); refuse what does not fit, naming the field."""
    user_id = current_principal().require_session()
    async with tenant_tx(write=True):
        known = {rule.key: rule for rule in await my_rules()}
        checks = Checks()
        for place, wish in enumerate(wishes):
            _check_wish(checks, f"modes.{place}", wish, known.get(wish.key))
        if schedule is not None:
            _check_schedule(checks, schedule)
        checks.done()
        for wish in wishes:
            await put_wish(user_id, wish)
        if schedule is not None:
            row = NotificationSchedule(user_id=user_id, **vars(schedule))
            values = [getattr(NotificationSchedule, name) for name in vars(schedule)]
            target = (NotificationSchedule.tenant_id, NotificationSchedule.user_id)
            await NotificationSchedule.insert(row).on_conflict(target, "DO UPDATE", values)
        keys = sorted({wish.key for wish in wishes})
        await record("core.notification_preferences.changed", "user_account", user_id, keys=keys)


async def put_wish(user_id: uuid.UUID, wish: Wish) -> None:
    """Keep how a person wants to be told. Joins the open unit of work; asks for no permission."""
    row = NotificationPreference(user_id=user_id, key=wish.key, channel=wish.channel, mode=wish.mode)
    target = (
        NotificationPreference.tenant_id,
        NotificationPreference.user_id,
        NotificationPreference.key,
        NotificationPreference.channel,
    )
    await NotificationPreference.insert(row).on_conflict(target, "DO UPDATE", [NotificationPreference.mode])


def _check_wish(checks: Checks, field: str, wish: Wish, rule: Rule | None) -> None:
    if rule is None:
        checks.wrong("not_found", f"{field}.key")
        return
    if wish.channel not in rule.channels:
        checks.wrong("case_choice_unknown", f"{field}.channel", choices=", ".join(rule.channels))
    choices = (AT_ONCE,) if rule.is_mandatory else MODES if wish.channel == EMAIL else (OFF, AT_ONCE)
    if wish.mode not in choices:
        code = "notification_mandatory" if rule.is_mandatory else "case_choice_unknown"
        checks.wrong(code, f"{field}.mode", choices=", ".join(choices))


def _check_schedule(checks: Checks, schedule: Schedule) -> None:
    if schedule.zone and schedule.zone not in available_timezones():
        checks.wrong("notification_zone_unknown", "schedule.zone")
    if (schedule.quiet_from is None) != (schedule.quiet_to is None):
        checks.wrong("required", "schedule.quiet_from" if schedule.quiet_from is None else "schedule.quiet_to")
    if schedule.quiet_from is not None and schedule.quiet_from == schedule.quiet_to:
        checks.wrong("notification_hours_invalid", "schedule.quiet_to")
    if not 0 <= schedule.digest_hour <= 23:
        checks.wrong("notification_hours_invalid", "schedule.digest_hour")
    if schedule.digest_weekday is not None and not 0 <= schedule.digest_weekday <= 6:
        checks.wrong("notification_hours_invalid", "schedule.digest_weekday")


def _schedule(row: NotificationSchedule) -> Schedule:
    return Schedule(
        zone=row.zone,
        quiet_from=row.quiet_from,
        quiet_to=row.quiet_to,
        digest_hour=row.digest_hour,
        digest_weekday=row.digest_weekday,
    )
