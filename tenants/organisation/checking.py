"""A workbook against the city it is for: whose accounts are there already, which roles there are, how many may be."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from leancity.core.tenancy.context import current_tenant
from leancity.tenants.organisation.model import Finding, Findings, Organisation, PersonLine, in_order
from leancity.tenants.organisation.present import STAFF, Present, Role, the_present
from leancity.tenants.organisation.words import folded


@dataclass(frozen=True, kw_only=True)
class Match:
    """A person who can be written: their account where there is one, the address they may have, their roles."""

    line: PersonLine
    account: dict[str, Any] | None
    email: str
    roles: tuple[Role, ...]


@dataclass(kw_only=True)
class Compared:
    """What a workbook means in a city: people by login, and what is to be said of them."""

    present: Present
    people: dict[str, Match] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def new(self) -> int:
        return sum(match.account is None for match in self.people.values())


async def check_against_city(found: Organisation) -> list[Finding]:
    """Return what stands in the way in the city being served, in the file's order. Writes nothing.

    Errors: a login that is somebody else's, more people than the city's plan allows.
    """
    return (await compared(found)).findings


async def compared(found: Organisation) -> Compared:
    """Compare a workbook with the city being served."""
    emails = [line.email for line in found.people if line.email]
    present = await the_present([line.login for line in found.people], emails)
    told, result, used = Findings(), Compared(present=present), set[uuid.UUID]()
    columns = {(use.name, column.field): column.column for use in found.sheets for column in reversed(use.columns)}
    for line in found.people:
        match = _match(line, present, used, told, columns)
        if match is not None:
            result.people[line.login] = match
            if match.account is not None:
                used.add(match.account["id"])
    limit = current_tenant().limits.people
    count = present.people + result.new
    if limit is not None and count > limit and result.new:
        told.error("organisation_people_limit", ("", 0, ""), limit=limit, count=count)
    result.findings = in_order(told.all, [use.name for use in found.sheets])
    return result


def _match(
    line: PersonLine, present: Present, used: set[uuid.UUID], told: Findings, columns: dict[tuple[str, str], str]
) -> Match | None:
    def at(name: str) -> tuple[str, int, str]:
        return line.sheet, line.row, columns.get((line.sheet, name), "")

    account = present.accounts.get(line.login)
    by_email = present.by_email.get(line.email) if line.email else None
    if account is None and by_email is not None and _is_same(by_email, line):
        account = by_email
    if account is not None and (account["kind"] != STAFF or not _is_same(account, line) or account["id"] in used):
        told.error("organisation_login_taken", at("name"), line.name, login=line.login)
        return None
    email = line.email
    if by_email is not None and (account is None or by_email["id"] != account["id"]):
        told.warning("organisation_email_taken", at("email"), line.email)
        email = ""
    elif email in present.resident_emails:
        told.note("organisation_email_resident", at("email"), line.email)
    if account is not None and not account["is_active"]:
        told.note("organisation_account_inactive", at("name"), line.name, login=account["login"])
    return Match(line=line, account=account, email=email, roles=_roles(line, account, present, told, at("role")))


def _is_same(account: dict[str, Any], line: PersonLine) -> bool:
    """Tell whether an account is the line's person: by name, or by the address of the account and the login both."""
    if folded(account["name"]) == folded(line.name):
        return True
    return bool(line.email) and account["email"] == line.email and account["login"] == line.login


def _roles(
    line: PersonLine, account: dict[str, Any] | None, present: Present, told: Findings, place: tuple[str, int, str]
) -> tuple[Role, ...]:
    """Return the roles to be granted anew; what is unknown, or conflicts with another, is told and left out."""
    user_id = account["id"] if account else None
    have, taken = present.permissions_of(user_id), dict[uuid.UUID, Role]()
    for words in line.roles:
        role = present.role(words)
        if role is None:
            told.warning("organisation_role_unknown", place, words)
            continue
        if role.id in taken or (user_id and role.id in present.held.get(user_id, ())):
            continue
        together = have | role.permissions
        if any(present.conflicts.get(name, frozenset()) & together for name in role.permissions):
            told.warning("organisation_role_conflict", place, words)
            continue
        have, taken[role.id] = together, role
    return tuple(taken.values())
