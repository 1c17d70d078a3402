"""What the kernel itself keeps of a person, part by part, and how each is erased.

A part runs in the transaction of the job that asks for it, as often as asked: a second time it finds nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from leancity.core.audit.digests import destroy_salt
from leancity.core.cases.tables import CaseFilter, CaseFollower
from leancity.core.db.tables import TenantTable
from leancity.core.db.unit import tenant_tx
from leancity.core.i18n.catalogue import text
from leancity.core.idempotency.tables import RequestKey
from leancity.core.identity.addresses import phones_of
from leancity.core.identity.code_rows import forget_codes
from leancity.core.identity.credentials import close_credentials
from leancity.core.identity.holders import refuse_last_holder
from leancity.core.identity.tables import (
    Credential,
    ExternalIdentity,
    OidcFlow,
    OneTimeKey,
    OrgUnit,
    RecoveryCode,
    RoleGrant,
    UserAccount,
)
from leancity.core.moment import now
from leancity.core.notifications.tables import (
    Notification,
    NotificationDelivery,
    NotificationPreference,
    NotificationSchedule,
)
from leancity.core.plugins.contributions import Erased, ErasedPerson
from leancity.core.processes.reports.erasure import forget_in_reports
from leancity.core.processes.running.erasure import forget_in_processes
from leancity.core.tenancy.context import current_tenant

# What may have been written to the shell since an earlier erasure goes again.
_EMPTY_SHELL = """
update user_account
set login = 'erased-' || id, name = '', email = '', phone = '', position = '', password_hash = '', totp_secret = '',
    totp_confirmed_at = null, totp_step = 0, locale = '', unit_id = null, is_active = false, erased_at = $3
where tenant_id = $1 and id = $2
  and (erased_at is null or is_active
       or (name, email, phone, position, password_hash, totp_secret) <> ('', '', '', '', '', ''))
returning id
"""
# $4 and $5 are empty where the request names no such contact.
_OTHER_ACCOUNTS = """
select count(*) from user_account
where tenant_id = $1 and ($2::uuid is null or id <> $2) and erased_at is null
  and (($3 <> '' and lower(email) = $3)
       or ($4 <> '' and right(regexp_replace(phone, '\\D', '', 'g'), 10) = right($4, 10)))
"""
_WRITTEN = """
select (select count(*) from case_record where tenant_id = $1 and author_id = $2)
     + (select count(*) from case_comment where tenant_id = $1 and author_id = $2)
"""
_LOGGED = """
select count(*) from audit_event where tenant_id = $1 and (actor_id = $2 or subject_id = $2)
"""
# An undone job still needs what it carries; it is done, or dead, within days.
_EMPTY_JOBS = """
update job set payload = '{}', last_error = ''
where tenant_id = $1 and state <> 'waiting' and strpos(lower(payload::text || last_error), $2) > 0
returning id
"""


async def _account(person: ErasedPerson) -> Erased:
    """The account, its secrets and its rights; an empty shell stays, so that what refers to it still does."""
    removed = await _codes(person)  # first: who signs in by one locks it before the account
    if person.person_id is not None:
        await refuse_last_holder(person.person_id, "person_id")
        removed += await _account_of(person.person_id)
    async with tenant_tx() as unit:
        others = await unit.connection.fetchval(
            _OTHER_ACCOUNTS, current_tenant().id, person.person_id, person.email, person.phone
        )
    return _kept(removed, others, "erasure_kept_accounts")


async def _codes(person: ErasedPerson) -> int:
    """The codes that were sent to them, also to an address of theirs that has no account."""
    addresses = {person.email, *phones_of(person.phone)}
    if person.person_id is not None:
        async with tenant_tx():
            account = await UserAccount.objects().where(UserAccount.id == person.person_id).first()
        addresses |= {account.login} if account is not None else set()
    return await forget_codes(addresses - {""})


async def _account_of(user_id: uuid.UUID) -> int:
    async with tenant_tx(write=True) as unit:
        removed = await close_credentials(Credential.user_id == user_id)
        for table in (RecoveryCode, OneTimeKey, ExternalIdentity, OidcFlow, RoleGrant, RequestKey):
            removed += await _remove(table, table.user_id == user_id)
        await OrgUnit.update({OrgUnit.head_id: None}).where(OrgUnit.head_id == user_id)
        return removed + len(await unit.connection.fetch(_EMPTY_SHELL, current_tenant().id, user_id, now()))


async def _cases(person: ErasedPerson) -> Erased:
    """Saved filters of the inbox, and what they follow.

    Cases and comments are the city's records: they stay, by a nameless author.
    """
    if person.person_id is None:
        return Erased(erased=0)
    async with tenant_tx(write=True) as unit:
        removed = await _remove(CaseFilter, CaseFilter.owner_id == person.person_id)
        removed += await _remove(CaseFollower, CaseFollower.user_id == person.person_id)
        written = await unit.connection.fetchval(_WRITTEN, current_tenant().id, person.person_id)
    return _kept(removed, written, "erasure_kept_cases")


async def _audit(person: ErasedPerson) -> Erased:
    """The salt, without which the log's digests tell nothing; its rows hold references only."""
    if person.person_id is None:
        return Erased(erased=0)
    removed = await destroy_salt(person.person_id)
    async with tenant_tx() as unit:
        logged = await unit.connection.fetchval(_LOGGED, current_tenant().id, person.person_id)
    return _kept(removed, logged, "erasure_kept_audit")


async def _jobs(person: ErasedPerson) -> Erased:
    """What jobs that are over, a mail that was sent, still carry of an e-mail address."""
    if not person.email:
        return Erased(erased=0)
    async with tenant_tx(write=True) as unit:
        return Erased(erased=len(await unit.connection.fetch(_EMPTY_JOBS, current_tenant().id, person.email)))


async def _notifications(person: ErasedPerson) -> Erased:
    """What they were told, how and when they wanted to be told, and what became of it."""
    if person.person_id is None:
        return Erased(erased=0)
    removed = 0
    async with tenant_tx(write=True):
        for table in (Notification, NotificationDelivery, NotificationPreference, NotificationSchedule):
            removed += await _remove(table, table.user_id == person.person_id)
    return Erased(erased=removed)


async def _remove(table: type[TenantTable], condition: Any) -> int:
    return len(await table.delete().where(condition).returning(table.id))


def _kept(erased: int, kept: int, why: str) -> Erased:
    return Erased(erased=erased, kept=kept, note=text(why, current_tenant().locale) if kept else "")


KERNEL_PARTS: Mapping[str, Callable[[ErasedPerson], Awaitable[Erased]]] = {
    "core.account": _account,
    "core.cases": _cases,
    "core.audit": _audit,
    "core.jobs": _jobs,
    "core.notifications": _notifications,
    "core.processes": forget_in_processes,
    "core.process_reports": forget_in_reports,
}
