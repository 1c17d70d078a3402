"""The letters: one event, or a digest of several. Plain text: a number, a state and a link, nothing anybody wrote."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage

from leancity.core.config import Config
from leancity.core.customs.branding import city_title
from leancity.core.i18n.catalogue import text
from leancity.core.mail.message import build_message
from leancity.core.mail.server import Place
from leancity.core.notifications.events import TASKS
from leancity.core.notifications.subjects import KINDS
from leancity.core.notifications.unsubscribe import OF_DIGEST, PATH, token_for
from leancity.core.notifications.words import Happening, kind_of, sentence, status_of

PREFERENCES = "/account/notifications"


@dataclass(frozen=True, kw_only=True)
class Item:
    """A delivery that a letter tells of. ``is_mandatory``: its like can't be left."""

    delivery_id: uuid.UUID
    case_id: uuid.UUID | None
    what: Happening
    is_mandatory: bool


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """To whom and from where a letter goes; ``message_id`` is the same at every attempt."""

    user_id: uuid.UUID
    address: str = field(repr=False)
    locale: str
    place: Place
    message_id: str


def letter(envelope: Envelope, item: Item, config: Config) -> EmailMessage:
    """Return the letter about one event."""
    locale, origin = envelope.locale, envelope.place.origin
    return build_message(
        _message(item.what),
        locale=locale,
        sender=config.mail_from,
        recipient=envelope.address,
        message_id=envelope.message_id,
        headers={} if item.is_mandatory else _way_out(envelope, item.what.key),
        **_words(item.what, locale, link=link_to(origin, item), settings=origin + PREFERENCES),
    )


def preview(what: Happening, locale: str) -> tuple[str, str]:
    """Return subject and body of the letter about an event, with paths for addresses."""
    words = _words(what, locale, link="/…", settings=PREFERENCES)
    message = _message(what)
    return text(f"mail_{message}_subject", locale, words), text(f"mail_{message}_body", locale, words)


def digest(envelope: Envelope, items: Sequence[Item], config: Config) -> EmailMessage:
    """Return one letter about several events."""
    locale, origin = envelope.locale, envelope.place.origin
    return build_message(
        "notification_digest",
        locale=locale,
        sender=config.mail_from,
        recipient=envelope.address,
        message_id=envelope.message_id,
        headers=_way_out(envelope, OF_DIGEST),
        city=city_title(locale),
        amount=str(len(items)),
        lines="\n\n".join(f"{sentence(item.what, locale)}\n{link_to(origin, item)}" for item in items),
        settings=origin + PREFERENCES,
    )


def link_to(origin: str, item: Item) -> str:
    """Return the address of a task, of what is no case, or of a case: one's own or followed as a resident sees it, else
    as the staff do."""
    if item.what.event in TASKS:
        return f"{origin}/tasks/{item.what.item_id}"
    if item.what.subject:
        return f"{origin}/{KINDS[item.what.subject].page}/{item.what.subject_id}"
    page = "my-cases" if item.what.is_own else "followed-cases" if item.what.is_followed else "cases"
    return f"{origin}/{page}/{item.case_id}"


def _message(what: Happening) -> str:
    return "notification_of" if what.subject else "notification"


def _words(what: Happening, locale: str, *, link: str, settings: str) -> dict[str, str]:
    return {
        "city": city_title(locale),
        "text": sentence(what, locale),
        "kind": kind_of(what, locale),
        "status": status_of(what, locale),
        "link": link,
        "settings": settings,
    }


def _way_out(envelope: Envelope, key: str) -> dict[str, str]:
    """Return the headers by which a mail program offers to leave, in one step (RFC 8058)."""
    address = f"{envelope.place.origin}{PATH}{token_for(envelope.user_id, key)}"
    return {"List-Unsubscribe": f"<{address}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
