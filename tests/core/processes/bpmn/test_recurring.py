"""The moments at which a process begins by itself, counted on the wall clock of a city."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from leancity.core.processes.bpmn.model import Node
from leancity.core.processes.bpmn.reader import read
from leancity.core.processes.bpmn.recurring import Series, series_of, start_of
from tests.core.processes.bpmn.drawings import END, drawing, errors, flows, users

BERLIN, SAKHALIN = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Sakhalin")


def drawn(moment: str) -> bytes:
    """Return a process whose start has a timer."""
    start = f'<startEvent id="s"><timerEventDefinition>{moment}</timerEventDefinition></startEvent>'
    return drawing(start + users("t") + END + flows("s>t", "t>e"))


def series(moment: str) -> Series | None:
    node: Node | None = start_of(read(drawn(moment)).processes[0].nodes)
    return None if node is None else series_of(node)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "zone", "now_", "last", "after"),
    [
        # Nine in the morning stays nine in the morning: UTC+1 in winter, UTC+2 in summer.
        ("<timeCycle>R/2027-01-11T09:00/P1D</timeCycle>", BERLIN, "2027-03-27T12:00", "2027-03-27T08:00",
         "2027-03-28T07:00"),
        # The 31st is the last of each month.
        ("<timeCycle>R/2027-01-31T10:00/P1M</timeCycle>", SAKHALIN, "2027-02-28T00:00", "2027-02-27T23:00",
         "2027-03-30T23:00"),
        ("<timeCycle>R/2024-02-29T00:00/P1Y</timeCycle>", SAKHALIN, "2027-12-01T00:00", "2027-02-27T13:00",
         "2028-02-28T13:00"),
        # An offset is its own clock.
        ("<timeCycle>R/2000-01-01T00:00:00+00:00/PT1H</timeCycle>", SAKHALIN, "2126-11-23T10:30", "2126-11-23T10:00",
         "2126-11-23T11:00"),
        ("<timeCycle>R2/2027-01-11T00:00:00+00:00/P1W</timeCycle>", SAKHALIN, "2027-01-12T00:00", "2027-01-11T00:00",
         "2027-01-18T00:00"),
        ("<timeCycle>R2/2027-01-11T00:00:00+00:00/P1W</timeCycle>", SAKHALIN, "2027-06-01T00:00", "2027-01-18T00:00",
         None),
        ("<timeDate>2027-01-11T09:00</timeDate>", SAKHALIN, "2027-01-01T00:00", None, "2027-01-10T22:00"),
        ("<timeDate>2027-01-11T09:00</timeDate>", SAKHALIN, "2027-02-01T00:00", "2027-01-10T22:00", None),
        ("<timeCycle>R/9999-06-01T00:00/P1Y</timeCycle>", BERLIN, "9999-07-01T00:00", "9999-05-31T22:00", None),
    ],
)  # fmt: skip
def test_moments(moment: str, zone: ZoneInfo, now_: str, last: str | None, after: str | None) -> None:
    mine = series(moment)
    assert mine is not None
    assert mine.last(at(now_), zone) == (last and at(last))
    assert mine.after(at(now_), zone) == (after and at(after))


@pytest.mark.parametrize("cycle", ["R/P1D", "R/2027-01-11T09:00/PT59M", "R0/2027-01-11T09:00/P1Y"])
def test_a_start_that_nobody_could_wait_for_is_refused(cycle: str) -> None:
    assert errors(drawn(f"<timeCycle>{cycle}</timeCycle>")) == {("bpmn_start_cycle", "s")}


def test_a_series_may_begin_a_process_and_a_bare_duration_never_does() -> None:
    assert errors(drawn("<timeCycle>R/2027-01-11T09:00/P1Y</timeCycle>")) == set()
    assert series("<timeDuration>P1D</timeDuration>") is None
