"""A report that another system files with its key."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from leancity.core.cases.checks import Checks
from leancity.core.errors import Problem, Refused
from leancity.core.http.outgoing import is_address
from leancity.core.i18n.catalogue import pick
from leancity.core.identity.principal import current_principal
from leancity.core.tenancy.context import current_tenant
from leancity.modules.city_problems import reading, service
from leancity.modules.city_problems.open311.arguments import Arguments
from leancity.modules.city_problems.open311.document import Value
from leancity.modules.city_problems.open311.errors import in_arguments
from leancity.modules.city_problems.open311.request_document import LONGEST, promise
from leancity.modules.city_problems.open311.requests import numbered

_DEGREES = re.compile(r"[+-]?\d{1,3}(\.\d{1,20})?", re.ASCII)


async def file(arguments: Arguments) -> list[Value]:
    """File a report and return what the client is told of it; refuse what does not fit, naming the arguments."""
    new, problems = await _new_report(arguments)
    if problems:
        raise Refused(*problems)
    try:
        case = await service.report(new)
    except Refused as refused:
        raise in_arguments(refused) from refused
    [found] = await numbered([case.number])
    notice = promise(found.due_at, current_principal().locale)
    return [{"service_request_id": case.number, "service_notice": notice, "account_id": None}]


async def _new_report(arguments: Arguments) -> tuple[service.NewReport, Sequence[Problem]]:
    checks = Checks()
    code = arguments.one("service_code")
    if not code:
        checks.wrong("required", "service_code")
    description = arguments.one("description")
    if len(description) > LONGEST:
        checks.wrong("too_long", "description", limit=LONGEST)
    lat, lon = _place(arguments, checks)
    photos = await _photos(arguments, checks)
    new = service.NewReport(
        lat=lat,
        lon=lon,
        address=arguments.one("address_string"),
        category=code,
        # The standard asks for no words, our cases do.
        text=description or await _title(code),
        answers=arguments.attributes,
        photo_urls=photos,
        reporter_name=" ".join(part for name in ("first_name", "last_name") if (part := arguments.one(name))),
        reporter_phone=arguments.one("phone"),
        reporter_email=arguments.one("email"),
    )
    return new, checks.problems


def _place(arguments: Arguments, checks: Checks) -> tuple[float | None, float | None]:
    given = {name: arguments.one(name) for name in ("lat", "long")}
    if not any(given.values()):
        if arguments.one("address_string"):
            return None, None
        is_by_id = bool(arguments.one("address_id"))
        checks.wrong(
            "city_problems.open311_address_id" if is_by_id else "city_problems.place_required",
            "address_id" if is_by_id else "lat",
        )
        return None, None
    for name, text in given.items():
        if not text:
            checks.wrong("required", name)
        elif not _DEGREES.fullmatch(text) or abs(float(text)) > (90 if name == "lat" else 180):
            checks.wrong("city_problems.point_invalid", name)
    return (None, None) if checks.problems else (float(given["lat"]), float(given["long"]))


async def _photos(arguments: Arguments, checks: Checks) -> list[str]:
    urls = [*dict.fromkeys(arguments.all("media_url"))]
    most = (await service.settings()).most_photos
    if len(urls) > most:
        checks.wrong("city_problems.too_many_photos", "media_url", limit=most)
    elif not all(map(is_address, urls)):
        checks.wrong("city_problems.open311_media_url", "media_url")
    return urls


async def _title(code: str) -> str:
    """Return what a service is called in the city's language, "" where there is none such."""
    titles = {row.key: row.title for row in await reading.categories()}
    return pick(json.loads(titles[code]), current_tenant().locale) if code in titles else ""
