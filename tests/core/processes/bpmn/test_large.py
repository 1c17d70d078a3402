"""The largest drawings that are read keep nobody waiting, whatever their shape."""

from __future__ import annotations

import time

import pytest

from leancity.core.processes.bpmn.lint import lint
from leancity.core.processes.bpmn.reader import read
from leancity.core.processes.bpmn.svg import svg_of
from tests.core.processes.bpmn.drawings import END, START, drawing, flows, users

HANGS = 15.0
"""Seconds: measured at 0.3; without the bounds each of these took minutes."""


def _deep() -> bytes:
    inner = '<task id="x"/>'
    for number in range(45):
        inner = f'<subProcess id="b{number}">{inner}</subProcess>'
    return drawing(inner)


def _wide() -> bytes:
    ids = [f"u{number}" for number in range(900)]
    gateways = '<parallelGateway id="f"/><parallelGateway id="j"/>'
    ways = [f"f>{identity}" for identity in ids] + [f"{identity}>j" for identity in ids]
    return drawing(START + gateways + users(*ids) + END + flows("s>f", *ways, "j>e"))


def _ring() -> bytes:
    ids = [f"u{number}" for number in range(1800)]
    ways = [f"{one}>{other}" for one, other in zip(ids, [*ids[1:], ids[0]], strict=True)]
    return drawing(START + users(*ids) + END + flows("s>u0", *ways, f"{ids[-1]}>e"))


@pytest.mark.parametrize("made", [_deep, _wide, _ring])
def test_no_shape_hangs(made: object) -> None:
    assert callable(made)
    data = made()
    began = time.monotonic()
    lint(data, "p")
    assert svg_of(read(data)).endswith("</svg>")
    assert time.monotonic() - began < HANGS
