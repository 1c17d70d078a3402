"""The world that the matrix is asked about: one of everything, held by the roads unit and filed by a resident."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import date, timedelta
from string import Template
from typing import Any

from leancity.core.cases.assignment import assign
from leancity.core.cases.attachments import Attachment, attach_file
from leancity.core.cases.comments import comment
from leancity.core.cases.filing import Filing, file_case
from leancity.core.cases.filters import save_filter
from leancity.core.cases.handover import accept, hand_over
from leancity.core.cases.pauses import pause, resume
from leancity.core.cases.relations import relate
from leancity.core.cases.tables import CaseEvent, CaseFilter
from leancity.core.clock.city import override_day
from leancity.core.customs.service import change
from leancity.core.db.unit import tenant_tx
from leancity.core.figures.publishing import publish
from leancity.core.files.service import keep_photo
from leancity.core.files.tickets import begin_upload
from leancity.core.geo.cells import cell_of
from leancity.core.geo.territories import save_territory
from leancity.core.identity.access import ask_access, decide_access
from leancity.core.identity.credentials import open_credential
from leancity.core.identity.erasure import ask_erasure, erase_part
from leancity.core.identity.oidc.accounts import link
from leancity.core.identity.oidc.dialects import Claimant
from leancity.core.identity.oidc.providers import NewProvider, add_provider
from leancity.core.identity.roles import NewGrant, grant_role, save_role
from leancity.core.identity.tables import IdentityProvider
from leancity.core.identity.units import LegalForm, UnitCard, UnitKind, add_unit
from leancity.core.ids import new_id
from leancity.core.moment import now
from leancity.core.notifications.events import REPORT_READY
from leancity.core.notifications.subjects import OWNER_REPORT
from leancity.core.notifications.tables import Notification, NotificationDelivery
from leancity.core.notifications.unsubscribe import token_for
from leancity.core.plugins.manager import installed_modules
from leancity.core.settings.service import change_settings
from leancity.core.testing.city import City
from leancity.modules.city_problems import service
from leancity.modules.city_problems.demo import load_categories
from leancity.modules.city_problems.following import answering
from leancity.modules.city_problems.kinds import FIXED, KEY
from leancity.modules.city_problems.polls.service import NewPoll, save
from leancity.modules.city_problems.polls.service import publish as publish_poll
from leancity.modules.city_problems.questions.collection import NAME as QUESTIONS
from leancity.modules.city_problems.routing.rules import NAME as ROUTES
from leancity.modules.city_problems.routing.trial import try_rule
from leancity.modules.city_problems.tables import CityProblemsWatch
from tests.modules.city_problems.conftest import jpeg
from tests.security.actors import Actor, make_actors, signed_in, within_city
from tests.security.forwarding import forward_there
from tests.security.process_adopted import make_practices
from tests.security.process_analytics_made import make_analytics
from tests.security.process_drawn import Office, draw
from tests.security.process_instances import make_processes
from tests.security.process_measured import make_figures
from tests.security.process_owner_reports_made import make_owner_reports
from tests.security.process_registered import make_registry
from tests.security.process_tasks import make_work

POINT = (46.9591, 142.7380)
RING = [[142.7, 46.93], [142.71, 46.93], [142.71, 46.94], [142.7, 46.93]]
AREA = json.dumps({"type": "Polygon", "coordinates": [RING]})
CATEGORY = "pothole"


@dataclass(kw_only=True)
class World:
    """``ids``: what paths call by a word, ``$case``."""

    city: City
    actors: dict[str, Actor]
    ids: dict[str, str]
    provider: IdentityProvider
    units: dict[str, uuid.UUID]
    photo: service.Photo = field(default_factory=lambda: service.Photo(id=uuid.UUID(int=0), claim=""))

    def filled(self, text: str) -> str:
        """Return a path with the ids of this world, as GraphQL spells texts."""
        return Template(text).substitute({word: json.dumps(id_) for word, id_ in self.ids.items()})

    def id(self, word: str) -> uuid.UUID:
        return uuid.UUID(self.ids[word])

    async def renew(self, actor: Actor) -> Actor:
        """Open a session anew for who may have lost it, and what is their own with it."""
        if actor.has_session:
            self.actors[actor.name] = await signed_in(self.city, actor.name, actor.user_id)
        return self.actors[actor.name]


async def make_world(city: City, another: City) -> World:
    """Make the world by the services, as the platform and as its people."""
    units: dict[str, uuid.UUID] = {}
    async with within_city(city):
        for key, parent, kind in (
            ("roads", None, UnitKind.DEPARTMENT),
            ("parks", None, UnitKind.DEPARTMENT),
            ("mup", "roads", UnitKind.LEGAL_ENTITY),
        ):
            form = LegalForm.MUP if kind is UnitKind.LEGAL_ENTITY else None
            card = UnitCard(key=key, title=key, parent_id=units.get(parent or ""), kind=kind, legal_form=form)
            units[key] = (await add_unit(card)).id
        await load_categories()
        asked = {"title_ru": "Где", "datatype": "singlevaluelist", "choices": ["road: Дорога"], "is_public": True}
        await change(QUESTIONS, "where", asked)
        # The stricter of two: staff only see the list, and a proof is not what decides whether a case may be closed.
        strict = {"is_list_public": False, "is_proof_required": False}
        await change_settings(installed_modules(), "city_problems", strict)
        provider = await add_provider(
            NewProvider(key="elsewhere", title="Elsewhere", client_id="leancity", issuer="https://id.example.org")
        )
        await override_day(date(2026, 12, 31), "holiday", "the year ends")
        await publish("2026-01")
    actors = await make_actors(city, another, units)
    ids = {name: str(id_) for name, id_ in units.items()}
    ids |= {name: str(actor.user_id) for name, actor in actors.items() if actor.has_account}
    world = World(city=city, actors=actors, ids=ids, provider=provider, units=units)
    await _people(world)
    await _case(world)
    await _own(world)
    await _routes(world)
    await _answered(world)
    await _polls(world)
    await forward_there(city, world.id("case"))
    world.ids |= await make_registry(city, units["roads"])
    world.ids |= await make_work(city, units["roads"], actors["clerk"])
    world.ids |= await make_processes(city, world.ids["chief"])
    world.ids |= await make_figures(city)
    world.ids |= await make_analytics(city, world.ids["measured"])
    world.ids |= await draw(city, Office(chief=world.id("chief"), roads=units["roads"]))
    world.ids |= await make_practices(city, another)
    world.ids |= await make_owner_reports(city, world.ids["chief"])
    return world


async def _routes(world: World) -> None:
    """Make a routing rule that is on, and try another one that would take reports from it, and from their unit."""
    async with within_city(world.city):
        await change(ROUTES, "holes", {"unit": "roads"})
        await try_rule("holes", None)
        await change(ROUTES, "holes", {"is_on": True})
        await try_rule(None, {"unit": "parks", "order": 1})


async def _answered(world: World) -> None:
    """Let a report of the resident's be fixed by the roads unit, and the resident say so."""
    case = await new_report(world)
    async with within_city(world.city):
        await service.sort(case)
        await service.send(case, world.units["roads"])
        await service.take(case)
        await service.close(case, FIXED, "Filled")
    async with within_city(world.city, world.actors["resident"].principal):
        await answering.confirm(case, 4, "Thank you")
    world.ids["answered"] = str(case)


async def _polls(world: World) -> None:
    async with within_city(world.city):
        world.ids |= {"draft": str(await new_poll()), "poll": str(await new_poll(is_published=True))}


async def new_poll(*, is_published: bool = False) -> uuid.UUID:
    """Make a poll that counts in the open."""
    options = [{"en": "Maple"}, {"en": "Birch"}]
    closes_at = now() + timedelta(days=7)
    new = NewPoll(
        title={"en": "Which tree?"},
        text={},
        options=options,
        is_several=False,
        is_open_count=True,
        closes_at=closes_at,
    )
    poll = await save(new)
    return uuid.UUID(str((await publish_poll(poll.id) if is_published else poll).id))


async def own_watch(actor: Actor) -> uuid.UUID:
    """Let an actor watch a place, past the service, which takes no more than some."""
    row = CityProblemsWatch(user_id=actor.user_id, title="Home", lat=POINT[0], lon=POINT[1], radius=100, at=now())
    if actor.has_account:
        async with tenant_tx(write=True):
            await row.save()
    return uuid.UUID(str(row.id))


async def new_report(world: World) -> uuid.UUID:
    """File a report as the resident does and let the roads unit take it over; return the case."""
    new = service.NewReport(
        lat=POINT[0],
        lon=POINT[1],
        category=CATEGORY,
        text="A deep hole",
        answers={"where": ["road"]},
        reporter_name="Анна Петрова",
        reporter_phone="+7 424 200-00-00",
        photos=[world.photo] if world.photo.claim else [],
    )
    async with within_city(world.city, world.actors["resident"].principal):
        case = await service.report(new)
    async with within_city(world.city):
        offer = await hand_over(case.id, world.units["roads"])
        await accept(offer.id)
    return uuid.UUID(str(case.id))


async def new_case(world: World, unit: str = "roads") -> uuid.UUID:
    """File a case for the resident at the desk of a unit."""
    filing = Filing(title="Hole", unit_id=world.units[unit], author_id=world.id("resident"), cell=cell_of(*POINT))
    async with within_city(world.city):
        return uuid.UUID(str((await file_case(KEY, filing)).id))


async def _case(world: World) -> None:
    async with within_city(world.city):
        public, internal, loose = [await keep_photo("hole.jpg", jpeg()) for _ in range(3)]
    world.photo = service.Photo(id=public.id, claim=public.claim)
    case = await new_report(world)
    world.photo = service.Photo(id=loose.id, claim=loose.claim)
    other, parks_case = await new_case(world), await new_case(world, "parks")
    async with within_city(world.city):
        await assign(case, world.id("clerk"))
        await comment(case, "We are on our way", "public")
    async with within_city(world.city, world.actors["clerk"].principal):
        await comment(case, "Ask the gas people first")
    async with within_city(world.city):
        await attach_file(case, Attachment(file_id=internal.id, claim=internal.claim))
        await relate(case, other, "related")
        await pause(case, "rain")
        await resume(case)
    world.ids |= {"case": str(case), "other": str(other), "parks_case": str(parks_case)}
    async with within_city(world.city):
        world.ids["upload"] = begin_upload("hole.jpg", 1000).url
    world.ids |= {"file": str(internal.id), "public_file": str(public.id)}


async def _people(world: World) -> None:
    colleague = await world.city.user(roles=["core.executor"], unit_id=world.units["roads"])
    async with within_city(world.city):
        territory = await save_territory("centre", "Centre", AREA)
        await save_role("nothing", "Nothing", [])
        roads = world.units["roads"]
        world.ids["unsubscribe"] = token_for(colleague.id, "core.assigned")
        await grant_role(NewGrant(user_id=world.id("clerk"), role="nothing", unit_id=roads, territory_id=territory.id))
        asked = await ask_erasure(email="gone@example.org", reason="No. 1")
        await erase_part({"erasure_id": str(asked.id), "part": "core.account"})
    world.ids |= {"colleague": str(colleague.id), "colleague_login": colleague.login, "erasure": str(asked.id)}


async def _own(world: World) -> None:
    async with within_city(world.city):
        access = await ask_access("maria", "an import", 1)
    async with within_city(world.city, world.actors["chief"].principal):
        await decide_access(access.id, is_granted=False)
        await change("core.branding", "", {"tagline": "By the sea", "colour": "#1a6fb5"})
    async with within_city(world.city, world.actors["clerk"].principal):
        await save_filter("noted in the audit log", {})
    for actor in world.actors.values():
        if actor.has_account:
            async with within_city(world.city):
                await own_filter(actor)
                await own_watch(actor)
                if actor.has_session:  # a token is told nothing beside its account
                    await own_notification(world, actor)
                await own_token(actor)
                await own_identity(world, actor)


async def own_filter(actor: Actor) -> uuid.UUID:
    """Give an actor a saved filter, whatever they may; the row is written past the service, which asks for a right."""
    row = CaseFilter(owner_id=actor.user_id, name=f"filter {uuid.uuid4().hex}", filter="{}")
    if actor.has_account:
        async with tenant_tx(write=True):
            await row.save()
    return uuid.UUID(str(row.id))


async def own_notification(world: World, actor: Actor) -> None:
    """Tell an actor of the case, whatever they may see of it, residents as if they had filed it; of a report too."""
    is_own = actor.name in {"resident", "neighbour"}
    case = world.id("case")
    about: dict[str, Any] = {"user_id": actor.user_id, "case_id": case, "event": "closed", "key": "core.closed"}
    async with tenant_tx(write=True):
        event = await CaseEvent.select(CaseEvent.id).where(CaseEvent.case_id == case).first()
        assert event is not None
        about |= {"event_id": event["id"], "at": now(), "is_own": is_own}
        await Notification(**about).save()
        await NotificationDelivery(**about, channel="inapp", state="sent").save()
        about |= {"case_id": None, "subject": OWNER_REPORT, "subject_id": new_id(), "event_id": new_id()}
        await Notification(**{**about, "event": REPORT_READY, "key": "core.report_ready", "is_own": False}).save()


async def own_token(actor: Actor) -> str:
    """Give an actor a token."""
    expires_at = now() + timedelta(hours=1)
    return await open_credential("token", user_id=actor.user_id, expires_at=expires_at, title="own", permissions=[])


async def own_identity(world: World, actor: Actor) -> None:
    """Give an actor an account elsewhere."""
    person = Claimant(subject=uuid.uuid4().hex, name="Anna", login="", email="")
    await link(world.provider, person, actor.user_id)
