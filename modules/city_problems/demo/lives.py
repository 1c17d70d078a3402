"""What becomes of the demo's reports: each goes as far as its life in ``reports.json`` tells, by the demo's people."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

from leancity.core.cases.handover import open_offer
from leancity.core.cases.records import find_case
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused
from leancity.core.files.service import keep_photo
from leancity.core.identity.principal import Principal, acting_as, current_principal
from leancity.core.identity.rights import principals_for
from leancity.core.identity.tables import UserAccount
from leancity.modules.city_problems import service
from leancity.modules.city_problems.duplicates.joining import join
from leancity.modules.city_problems.following import answering
from leancity.modules.city_problems.kinds import DUPLICATE, FIXED, NOT_OURS
from leancity.modules.city_problems.permissions import POLLS, TRIAGE, WORK
from leancity.modules.city_problems.service import NewReport, Photo

MOST_STAFF = 200


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Who acts in the demo; where a city has nobody for a part, who loads the demo plays it."""

    resident: Principal
    clerk: Principal
    staff: tuple[Principal, ...]

    def of_unit(self, unit_id: uuid.UUID | None) -> Principal:
        """Return somebody who works in a unit."""
        workers = (each for each in self.staff if each.unit_id == unit_id and each.can(WORK))
        return next(workers, current_principal())


async def cast() -> Cast:
    """Return the people of the city who act in the demo."""
    async with tenant_tx():
        rows = await UserAccount.select(UserAccount.id).where(UserAccount.is_active.eq(True)).limit(MOST_STAFF)
        people = [*(await principals_for([row["id"] for row in rows])).values()]
    loader = current_principal()
    clerks = (each for each in people if each.can(TRIAGE) and each.can(POLLS))
    return Cast(
        resident=next((each for each in people if each.is_resident), loader),
        clerk=next(clerks, loader),
        staff=tuple(each for each in people if not each.is_resident),
    )


async def live(rows: Iterable[Mapping[str, Any]], lat: float, lon: float) -> None:
    """Report what the rows tell, around a point, and let each report live as far as the city has units for it."""
    people, cases = await cast(), dict[int, uuid.UUID]()
    for place, row in enumerate(rows):
        try:
            cases[place] = await _report(row, people, lat, lon)
            life = _Life(people=people, case_id=cases[place], others=cases)
            for step, *given in row["life"]:
                await life.steps[step](*given)
        except Refused:
            continue  # the city has other categories and questions, no unit that would do it, or nobody to answer


async def _report(row: Mapping[str, Any], people: Cast, lat: float, lon: float) -> uuid.UUID:
    reporter = people.resident if row.get("by") == "resident" else current_principal()
    new = NewReport(
        lat=lat + row["dlat"],
        lon=lon + row["dlon"],
        category=row["category"],
        text=row["text"],
        address=row["address"],
        answers=row.get("answers", {}),
    )
    with acting_as(reporter):
        return (await service.report(new)).id


@dataclass(frozen=True, kw_only=True)
class _Life:
    people: Cast
    case_id: uuid.UUID
    others: Mapping[int, uuid.UUID]

    @property
    def steps(self) -> Mapping[str, Callable[..., Awaitable[None]]]:
        names = ("sort", "send", "take", "fix", "not_ours", "duplicate", "join", "confirm", "contest")
        return {name: getattr(self, f"_{name}") for name in names}

    async def _sort(self) -> None:
        with acting_as(self.people.clerk):
            await service.sort(self.case_id)

    async def _send(self) -> None:
        with acting_as(self.people.clerk):
            await service.send(self.case_id)

    async def _take(self) -> None:
        with acting_as(self.people.of_unit((await open_offer(self.case_id)).receiver_id)):
            await service.take(self.case_id)

    async def _fix(self) -> None:
        with await self._worker():
            proof = await keep_photo("done.jpg", _photo())
            await service.close(self.case_id, FIXED, "Сделано", [Photo(id=proof.id, claim=proof.claim)])

    async def _not_ours(self, note: str) -> None:
        with acting_as(self.people.clerk):
            await service.refuse_report(self.case_id, NOT_OURS, note)

    async def _duplicate(self, original: int, note: str) -> None:
        with acting_as(self.people.clerk):
            await service.refuse_report(self.case_id, DUPLICATE, note, self.others[original])

    async def _join(self) -> None:
        if self.people.resident.user_id is not None:
            with acting_as(self.people.resident):
                await join(self.case_id)

    async def _confirm(self, mark: int) -> None:
        if self.people.resident.user_id is not None:
            with acting_as(self.people.resident):
                await answering.confirm(self.case_id, mark)

    async def _contest(self, note: str) -> None:
        if self.people.resident.user_id is not None:
            with acting_as(self.people.resident):
                await answering.contest(self.case_id, note, mark=2)

    async def _worker(self) -> AbstractContextManager[Principal]:
        async with tenant_tx():
            case, _ = await find_case(self.case_id, permission=None)
        return acting_as(self.people.of_unit(case.unit_id))


def _photo() -> bytes:
    """Draw mended asphalt."""
    image = Image.new("RGB", (320, 240), "#8a8d91")
    ImageDraw.Draw(image).rounded_rectangle((70, 60, 250, 180), 24, fill="#4a4d52")
    out = BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()
