"""The link of a letter that stops its like: a machine posts to it (RFC 8058), a person opens it and presses."""

from __future__ import annotations

from html import escape

from litestar import Response, get, post
from litestar.enums import MediaType

from leancity.core.customs.branding import city_title
from leancity.core.i18n.catalogue import text
from leancity.core.identity.principal import current_principal
from leancity.core.notifications.unsubscribe import right_of, unsubscribe

_PAGE = """<!doctype html>
<html lang="{locale}"><head><meta charset="utf-8"><meta name="robots" content="noindex"><title>{city}</title></head>
<body><h1>{city}</h1><p>{words}</p>{form}</body></html>
"""
_FORM = '<form method="post"><button>{words}</button></form>'


@get("/unsubscribe/{token:str}")
async def unsubscribe_page(token: str) -> Response[str]:
    """Ask whether to stop: opening the link does nothing yet, for mail programs open links by themselves."""
    right_of(token)
    return _page("unsubscribe_question", _FORM.format(words=escape(_words("unsubscribe_button"))))


@post("/unsubscribe/{token:str}", status_code=200)
async def unsubscribe_now(token: str) -> Response[str]:
    """Stop the letters of the link. What is posted along is not looked at."""
    await unsubscribe(token)
    return _page("unsubscribe_done", "")


def _page(key: str, form: str) -> Response[str]:
    locale = current_principal().locale
    city = city_title(locale)
    content = _PAGE.format(locale=locale, city=escape(city), words=escape(_words(key)), form=form)
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'; form-action 'self'"}
    return Response(content, media_type=MediaType.HTML, headers=headers)


def _words(key: str) -> str:
    return text(key, current_principal().locale)


HANDLERS = (unsubscribe_page, unsubscribe_now)
