"""Open311 GeoReport v2 as its client: one function a question, each answered within seconds or with ``Trouble``.

JSON is asked for first, for it is smaller; the standard obliges a server to XML only, so that is what is asked for
where there is no JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from leancity.core.http.outgoing import Answer, Unreachable, get, post
from leancity.modules.city_problems.forwarding.wire import Row, Unreadable, clean, rows_of

FORMATS = ("json", "xml")
LONGEST_ID = 200
LONGEST_REASON = 1000
SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)  # that a busy server may ask for

_ABSENT = {400, 404, 405, 406, 415}  # what servers say of a format that they have not
_BUSY = {408, 425, 429}
_ENDED = frozenset(
    {"closed", "fixed", "resolved", "duplicate", "not_councils_responsibility", "no_further_action", "cancelled"}
)


@dataclass(frozen=True, kw_only=True)
class Target:
    """An endpoint and how it knows us; ``url`` is what ``/requests.json`` is put behind."""

    url: str
    jurisdiction: str
    api_key: str


@dataclass(frozen=True, kw_only=True)
class Service:
    """A kind of request that an endpoint takes."""

    code: str
    name: str
    group: str
    description: str


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What came back for a request: their number of it, or a token by which to ask for the number later.

    ``is_replayed``: they knew the key, and answer what they answered before.
    """

    number: str
    token: str
    is_replayed: bool


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What they say of a request: ``is_closed`` or open, in ``status`` and ``notes`` as they wrote it."""

    number: str
    status: str
    notes: str
    updated_at: datetime | None

    @property
    def is_closed(self) -> bool:
        return self.status in _ENDED


@dataclass(frozen=True, kw_only=True)
class Update:
    """One line of what happened to a request, where an endpoint tells it."""

    id: str
    number: str
    status: str
    text: str
    at: datetime | None


class Trouble(Exception):
    """It did not work this time.

    ``reason`` is a code: one of ``Unreachable``'s, ``server_error``, ``busy`` or ``unreadable``; ``wait`` is how
    long the other side asked us to.
    """

    def __init__(self, reason: str, wait: timedelta | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait


class NotTaken(Exception):
    """They will not have it. ``words`` are theirs."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(str(status))
        self.status = status
        self.words = words


async def list_services(target: Target) -> list[Service]:
    """Return what the endpoint takes."""
    rows = await _read(target, "services", {})
    return [
        Service(
            code=clean(row.get("service_code", ""), LONGEST_ID),
            name=clean(row.get("service_name", ""), 300),
            group=clean(row.get("group", ""), 300),
            description=clean(row.get("description", ""), 1000),
        )
        for row in rows
        if row.get("service_code")
    ]


async def submit(target: Target, form: Sequence[tuple[str, str]], key: str) -> Receipt:
    """Hand a request in; ``key`` is the same at every attempt, so that a server that knows such keys takes it once.

    Raises ``NotTaken`` where they refuse it, ``Trouble`` where it is to be tried again.
    """
    fields = [("api_key", target.api_key), ("jurisdiction_id", target.jurisdiction), *form]
    sent = [(name, value) for name, value in fields if value]
    for kind in FORMATS:
        answer = await _send(f"{target.url}/requests.{kind}", sent, key)
        rows = _rows(answer, kind)
        if rows is None and kind != FORMATS[-1] and answer.status in _ABSENT:
            continue
        _check(answer, rows)
        for row in rows or []:
            number, token = row.get("service_request_id", ""), row.get("token", "")
            if number or token:
                return Receipt(
                    number=clean(number, LONGEST_ID),
                    token=clean(token, LONGEST_ID),
                    is_replayed="idempotent-replayed" in answer.headers,
                )
        break
    raise Trouble("unreadable")


async def number_of(target: Target, token: str) -> str:
    """Return the number that a token stands for, "" while there is none."""
    try:
        rows = await _read(target, f"tokens/{quote(token, safe='')}", {})
    except NotTaken as error:
        if error.status == 404:  # some say so until they have made one
            return ""
        raise
    return next((clean(row["service_request_id"], LONGEST_ID) for row in rows if row.get("service_request_id")), "")


async def standings(target: Target, numbers: Sequence[str]) -> dict[str, Standing]:
    """Return what they say of the requests ``numbers``, by number; what they don't speak of is not there."""
    try:
        rows = await _read(target, "requests", {"service_request_id": ",".join(numbers)})
    except NotTaken as error:
        if error.status != 404:
            raise
        rows = await _one_by_one(target, numbers)
    found = [_standing(row) for row in rows]
    return {each.number: each for each in found if each.number in numbers}


async def list_updates(target: Target, since: datetime, until: datetime) -> list[Update]:
    """Return what happened in a time, where the endpoint tells it (an extension, of FixMyStreet); else nothing."""
    times = {"start_date": _written(since), "end_date": _written(until)}
    try:
        rows = await _read(target, "servicerequestupdates", times)
    except (NotTaken, Trouble):
        return []
    return [
        Update(
            id=clean(row["update_id"], LONGEST_ID),
            number=row.get("service_request_id", ""),
            status=row.get("status", "").lower()[:50],
            text=row.get("description", ""),
            at=_moment(row.get("updated_datetime", "")),
        )
        for row in rows
        if row.get("update_id")
    ]


async def _one_by_one(target: Target, numbers: Sequence[str]) -> list[Row]:
    """Some servers know nothing of a whole list because of one that they don't know."""
    rows: list[Row] = []
    for number in numbers:
        try:
            rows += await _read(target, f"requests/{quote(number, safe='')}", {})
        except NotTaken as error:
            if error.status != 404:
                raise
    return rows


async def _read(target: Target, path: str, params: Mapping[str, str]) -> list[Row]:
    asked = {**params, **({"jurisdiction_id": target.jurisdiction} if target.jurisdiction else {})}
    for kind in FORMATS:
        try:
            answer = await get(f"{target.url}/{path}.{kind}", params=asked)
        except Unreachable as error:
            raise Trouble(error.reason) from error
        rows = _rows(answer, kind)
        if rows is None and kind != FORMATS[-1] and (answer.status in _ABSENT or answer.status == 200):
            continue
        return _check(answer, rows)
    raise Trouble("unreadable")


async def _send(url: str, form: Sequence[tuple[str, str]], key: str) -> Answer:
    try:
        return await post(url, form=form, headers={"Idempotency-Key": key})
    except Unreachable as error:
        raise Trouble(error.reason) from error


def _rows(answer: Answer, kind: str) -> list[Row] | None:
    """Return the rows of an answer, None for one that is not of the format; a good one may be of either."""
    for each in FORMATS if answer.status < 300 else (kind,):
        with suppress(Unreadable):
            return rows_of(answer.content, is_json=each == "json")
    return None


def _check(answer: Answer, rows: list[Row] | None) -> list[Row]:
    """Return the rows of a good answer; raise ``NotTaken`` or ``Trouble`` for another."""
    wait = _wait(answer.headers.get("retry-after", ""))
    if answer.status in _BUSY or (answer.status == 503 and wait is not None):
        raise Trouble("busy", wait)
    if answer.status >= 500:
        raise Trouble("server_error")
    if answer.status >= 400:
        told = "; ".join(row["description"] for row in rows or [] if row.get("description"))
        raise NotTaken(answer.status, clean(told, LONGEST_REASON) or f"HTTP {answer.status}")
    if rows is None:
        raise Trouble("unreadable")
    return rows


def _wait(header: str) -> timedelta | None:
    if not header.isdecimal() or len(header) > 6:
        return None
    return min(max(timedelta(seconds=int(header)), SHORTEST_WAIT), LONGEST_WAIT)


def _standing(row: Row) -> Standing:
    return Standing(
        number=clean(row.get("service_request_id", ""), LONGEST_ID),
        status=row.get("status", "").lower()[:50],
        notes=clean(row.get("status_notes", ""), 2000),
        updated_at=_moment(row.get("updated_datetime", "")),
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
