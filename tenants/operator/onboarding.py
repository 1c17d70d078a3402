"""Taking cities on at the operator's place: a draft that survives a reload, then a job that makes the city stand."""

from __future__ import annotations

import io
import json
import uuid
from datetime import datetime
from functools import partial

import msgspec

from leancity.core.audit.log import record
from leancity.core.cases.checks import LONG, keepable
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Problem, Refused, refuse
from leancity.core.files.kinds import XLSX
from leancity.core.files.pruning import remove_unused
from leancity.core.files.store import key_of, store
from leancity.core.files.tables import StoredFile
from leancity.core.files.threads import examining, storing
from leancity.core.identity.principal import current_principal
from leancity.core.jobs.outbox import enqueue
from leancity.core.moment import now
from leancity.core.plugins.manager import installed_modules
from leancity.tenants.onboarding.card import Card, problems
from leancity.tenants.onboarding.invitation import Invitation, new_invitation
from leancity.tenants.operator.acts import acting_operator, outside, within
from leancity.tenants.operator.permissions import ONBOARD
from leancity.tenants.operator.tables import OperatorOnboarding, OperatorPlan
from leancity.tenants.organisation.model import Organisation, Severity, organisation_json, parse_organisation
from leancity.tenants.organisation.reading import read_organisation

JOB = "operator.onboard"
NOTHING = "{}"
"""Stands where no organisation was read."""
OPEN = ("draft", "failed")
"""States in which somebody may still change what is to be made."""


async def begin(card: Card) -> OperatorOnboarding:
    """Begin a draft with whatever is known so far."""
    current_principal().require(ONBOARD)
    card = _keepable(card)
    moment = now()
    row = OperatorOnboarding(
        slug=card.slug,
        card=msgspec.json.encode(card).decode(),
        begun_by=current_principal().user_id,
        begun_at=moment,
        changed_at=moment,
    )
    async with tenant_tx(write=True):
        await row.save()
        await record("operator.onboarding.begun", "operator_onboarding", row.id, slug=row.slug)
    return row


async def change_card(onboarding_id: uuid.UUID, card: Card) -> OperatorOnboarding:
    """Put another card into a draft; refuse to change what the city was made with already, naming each field."""
    current_principal().require(ONBOARD)
    card = _keepable(card)
    async with tenant_tx(write=True):
        row = await _locked(onboarding_id)
        if "city" in json.loads(row.steps):
            made, wanted = vars(card_of(row).filled().new_city()), vars(card.filled().new_city())
            changed = [name for name in made if made[name] != wanted[name]]
            if changed:
                raise Refused(*(Problem(code="onboarding_city_made", field=f"card.{name}") for name in changed))
        row.slug, row.card, row.changed_at = card.slug, msgspec.json.encode(card).decode(), now()
        await row.save()
        await record("operator.onboarding.changed", "operator_onboarding", row.id)
    return row


async def set_file(onboarding_id: uuid.UUID, file_id: uuid.UUID | None) -> OperatorOnboarding:
    """Read an uploaded organisation file into a draft, or (None) take it out again; nothing of a city is written."""
    current_principal().require(ONBOARD)
    found = None if file_id is None else await _read(file_id)
    async with tenant_tx(write=True):
        row = await _locked(onboarding_id)
        replaced = row.file_id
        row.file_id, row.changed_at = file_id, now()
        row.understood = organisation_json(found) if found else NOTHING
        row.units, row.people = (len(found.units), len(found.people)) if found else (0, 0)
        row.errors, row.warnings = (len(found.of(each)) if found else 0 for each in (Severity.ERROR, Severity.WARNING))
        await row.save()
        await record("operator.onboarding.changed", "operator_onboarding", row.id)
    await _forget_file(replaced if replaced != file_id else None)
    return row


async def confirm(onboarding_id: uuid.UUID, *, accepts_errors: bool) -> OperatorOnboarding:
    """Let the city be made by a job; refuse a card that isn't ready, each problem with its field.

    ``accepts_errors``: of an organisation file with errors what is right is written.
    """
    current_principal().require(ONBOARD)
    row = await find(onboarding_id)
    if found := await problems_of(row):
        raise Refused(*found)
    if row.errors and not accepts_errors:
        raise refuse("organisation_errors", "file_id", count=row.errors)
    async with tenant_tx(write=True):
        fresh = await _locked(onboarding_id)
        if fresh.changed_at != row.changed_at:
            raise refuse("onboarding_changed", "id")
        fresh.state, fresh.problems, fresh.changed_at = "running", "[]", now()
        await fresh.save()
        # A run that failed may be asked for again: each asking has a key of its own.
        await enqueue(JOB, {"id": fresh.id}, key=f"onboard {fresh.id} {fresh.changed_at.isoformat()}")
        await record("operator.onboarding.confirmed", "operator_onboarding", fresh.id, slug=fresh.slug)
    return fresh


async def invitation(onboarding_id: uuid.UUID) -> Invitation:
    """Make a new link for the administrator of a city that stands and who has not set a password; seen by the city."""
    current_principal().require(ONBOARD)
    row = await find(onboarding_id)
    if row.state != "done":
        raise refuse("onboarding_not_done", "id", state=row.state)
    made = await within(
        row.slug, partial(new_invitation, card_of(row).admin_login, await acting_operator()), field="id"
    )
    async with tenant_tx(write=True):
        await record("operator.invitation.handed_out", "operator_onboarding", row.id, slug=row.slug)
    return made


async def drop(onboarding_id: uuid.UUID) -> OperatorOnboarding:
    """Give a draft up; a city that it has half made stays, to be erased or completed by command."""
    current_principal().require(ONBOARD)
    async with tenant_tx(write=True):
        row = await _locked(onboarding_id)
        file_id, row.state, row.finished_at = row.file_id, "dropped", now()
        row.file_id, row.understood = None, NOTHING
        await row.save()
        await record("operator.onboarding.dropped", "operator_onboarding", row.id)
    await _forget_file(file_id)
    return row


async def find(onboarding_id: uuid.UUID) -> OperatorOnboarding:
    """Return an onboarding; refuse an unknown one."""
    current_principal().require(ONBOARD)
    async with tenant_tx():
        row = await OperatorOnboarding.objects().where(OperatorOnboarding.id == onboarding_id).first()
    if row is None:
        raise refuse("not_found", "id")
    return row


async def page(limit: int, after: tuple[datetime, uuid.UUID] | None, state: str | None) -> list[OperatorOnboarding]:
    """Return onboardings, newest first, behind ``after``."""
    current_principal().require(ONBOARD)
    query = OperatorOnboarding.objects()
    query = query.order_by(OperatorOnboarding.begun_at, OperatorOnboarding.id, ascending=False)
    if state is not None:
        query = query.where(OperatorOnboarding.state == state)
    if after is not None:
        at, row_id = after
        same = (OperatorOnboarding.begun_at == at) & (OperatorOnboarding.id < row_id)
        query = query.where((OperatorOnboarding.begun_at < at) | same)
    async with tenant_tx():
        return await query.limit(limit)


async def count(state: str | None) -> int:
    """Return how many onboardings there are."""
    current_principal().require(ONBOARD)
    query = OperatorOnboarding.count()
    async with tenant_tx():
        return int(await (query if state is None else query.where(OperatorOnboarding.state == state)))


async def problems_of(row: OperatorOnboarding) -> list[Problem]:
    """Return what stands in the way of a draft, each problem with its field below ``card``."""
    card = card_of(row)
    found = await outside(partial(problems, card, installed_modules()))
    if "city" in json.loads(row.steps):  # it is ours: slug and hosts are taken by itself
        found = [each for each in found if each.code not in ("slug_taken", "host_taken")]
    if card.plan:
        async with tenant_tx():
            if not await OperatorPlan.exists().where(OperatorPlan.key == card.plan):
                found.append(Problem(code="operator.plan_unknown", field="plan", params={"plan": card.plan}))
    return [Problem(code=each.code, field=f"card.{each.field or 'slug'}", params=each.params) for each in found]


def card_of(row: OperatorOnboarding) -> Card:
    """Return the card of an onboarding."""
    return msgspec.json.decode(row.card, type=Card)


def understood_of(row: OperatorOnboarding) -> Organisation | None:
    """Return what its organisation file was understood as."""
    return None if row.understood == NOTHING else parse_organisation(row.understood)


async def forget_people(row: OperatorOnboarding) -> None:
    """Remove the file and what was read of it: the city has its people, the operator needs them no more."""
    async with tenant_tx(write=True):
        values = {OperatorOnboarding.file_id: None, OperatorOnboarding.understood: NOTHING}
        await OperatorOnboarding.update(values).where(OperatorOnboarding.id == row.id)
    await _forget_file(row.file_id)


async def _read(file_id: uuid.UUID) -> Organisation:
    """Read a workbook that whoever asks has uploaded."""
    async with tenant_tx():
        file = await StoredFile.objects().where(StoredFile.id == file_id).first()
    if file is None or file.uploaded_by != current_principal().user_id:
        raise refuse("not_found", "file_id")
    if file.media_type != XLSX.media_type:
        raise refuse("organisation_not_xlsx", "file_id")
    content = await storing(store().read, key_of(file.sha256, file.copy), 0, file.size)
    try:
        return await examining(read_organisation, io.BytesIO(content), file.name)
    except Refused as refusal:
        raise Refused(*(Problem(code=p.code, field="file_id", params=p.params) for p in refusal.problems)) from refusal


async def _forget_file(file_id: uuid.UUID | None) -> None:
    if file_id is not None:
        await remove_unused({file_id})


def _keepable(card: Card) -> Card:
    """Return a card that can be kept; refuse one that is absurdly long, naming the field."""
    values = msgspec.to_builtins(card)
    for name, value in values.items():
        if isinstance(value, str):
            values[name] = keepable(value).strip()
        elif isinstance(value, list):
            values[name] = [keepable(each).strip() for each in value]
        if len(str(values[name])) > LONG:
            raise refuse("too_long", f"card.{name}", limit=LONG)
    return msgspec.convert(values, Card)


async def _locked(onboarding_id: uuid.UUID) -> OperatorOnboarding:
    """Return a draft, locked; refuse one that is past changing."""
    query = OperatorOnboarding.objects().where(OperatorOnboarding.id == onboarding_id)
    row = await query.lock_rows("UPDATE").first()
    if row is None:
        raise refuse("not_found", "id")
    if row.state not in OPEN:
        raise refuse("onboarding_over", "id", state=row.state)
    return row
