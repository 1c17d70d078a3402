"""The event log as XES (IEEE 1849) with its four standard extensions: concept, time, lifecycle, organizational."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any
from xml.sax.saxutils import quoteattr
from zoneinfo import ZoneInfo

from leancity.core.processes.figures.cut import Asked
from leancity.core.processes.figures.sending.paging import cases, events_of

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849-2016" xes.features="" xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
<global scope="trace"><string key="concept:name" value=""/></global>
<global scope="event"><string key="concept:name" value=""/><date key="time:timestamp" \
value="1970-01-01T00:00:00.000+00:00"/><string key="lifecycle:transition" value="complete"/></global>
<classifier name="Step" keys="concept:name"/>
<string key="lifecycle:model" value="standard"/>
"""


async def xes(wanted: Asked, title: str) -> AsyncIterator[str]:
    """Yield the log of a cut. Cases are those open within the period, each with all its events."""
    zone = wanted.clock.zone
    yield _HEAD + _string("concept:name", title) + "\n"
    async for rows in cases(wanted):
        events = await events_of(rows)
        for row in rows:
            yield _trace(row, events[row["id"]], zone)
    yield "</log>\n"


def _trace(row: Any, events: Sequence[Any], zone: ZoneInfo) -> str:
    parts = [_string("concept:name", row["external_id"] or str(row["id"]))]
    parts += [_string(key, str(row[key])) for key in ("channel", "outcome", "version_id") if row[key]]
    return f"<trace>{''.join(parts)}\n{''.join(_event(event, zone) for event in events)}</trace>\n"


def _event(event: Any, zone: ZoneInfo) -> str:
    parts = [
        _string("concept:name", event["title"]),
        _string("node", event["node_id"]),
        _date("time:timestamp", event["at"], zone),
        _string("lifecycle:transition", event["transition"]),
        f'<int key="work_s" value="{event["work_s"]}"/>',
    ]
    if event["step_id"]:
        parts.append(_string("concept:instance", str(event["step_id"])))
    if event["resource"]:
        parts.append(_string("org:resource", event["resource"]))
    if event["unit_id"]:
        parts.append(_string("org:group", str(event["unit_id"])))
    return f"<event>{''.join(parts)}</event>\n"


def _string(key: str, value: str) -> str:
    kept = "".join(letter for letter in value if letter >= " " or letter in "\t\n")
    return f"<string key={quoteattr(key)} value={quoteattr(kept)}/>"


def _date(key: str, at: datetime, zone: ZoneInfo) -> str:
    return f'<date key={quoteattr(key)} value="{at.astimezone(zone).isoformat(timespec="milliseconds")}"/>'
