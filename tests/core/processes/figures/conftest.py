"""A city that measures: a process, logs of it as another system would write them, and an analyst who asks."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest_asyncio

from leancity.core.processes.versions.processes import ProcessCard, create_process
from leancity.core.processes.versions.stages import VersionKind
from leancity.core.processes.versions.tables import ProcessVersion
from leancity.core.processes.versions.uploading import UploadCard, upload_version
from leancity.core.testing.city import City, TestUser
from leancity.core.testing.platform import Platform

HEADER = ("case", "activity", "available", "start", "timestamp", "channel")
CUT = "{processId: $id, since: $since, until: $until, mark: IMPORT}"
DRAWING = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x"
  xmlns:lean="http://lean-smart-city.example/bpmn/1">
  <process id="permit" name="Permit" isExecutable="true">
    <startEvent id="begin"/>
    <userTask id="register" name="Register"><extensionElements>
      <lean:metrics processingTime="PT1H" waitingTime="PT2H" labourHours="1" valueClass="bnva"/>
    </extensionElements></userTask>
    <userTask id="check" name="Check"><extensionElements>
      <lean:metrics processingTime="PT3H" waitingTime="PT2H" labourHours="3" valueClass="va"/>
    </extensionElements></userTask>
    <endEvent id="end"/>
    <sequenceFlow id="f1" sourceRef="begin" targetRef="register"/>
    <sequenceFlow id="f2" sourceRef="register" targetRef="check"/>
    <sequenceFlow id="f3" sourceRef="check" targetRef="end"/>
  </process>
</definitions>
"""
ASKED = "query ($id: UUID!, $since: Date, $until: Date)"


@dataclass(frozen=True, kw_only=True)
class Bureau:
    """``process`` is the id of ``permit``."""

    city: City
    platform: Platform
    folder: Path
    process: uuid.UUID
    analyst: TestUser

    def write(self, rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER, name: str = "log.csv") -> Path:
        """Write a CSV."""
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        return path

    def run(self, file: Path, *options: str) -> subprocess.CompletedProcess[str]:
        """Run ``leancity process import-log --json`` for the process."""
        wanted = ("process", "import-log", str(file), "--city", self.city.tenant.slug, "--process", "permit", "--json")
        return self.platform.command(*wanted, *options, check=False)

    def load(self, rows: Sequence[Sequence[str]], *options: str, header: Sequence[str] = HEADER) -> dict[str, Any]:
        """Import rows that must be good, and return what the command says."""
        done = self.run(self.write(rows, header), *options)
        assert done.returncode == 0, done.stderr
        facts: dict[str, Any] = json.loads(done.stdout)
        return facts

    async def drawn(self) -> ProcessVersion:
        """Upload the as-is drawing of the process."""
        return await upload_version(self.process, DRAWING.encode(), UploadCard(kind=VersionKind.AS_IS))

    async def ask(self, field: str, fields: str, more: str = "", **period: str) -> Any:
        """Return what a root field of the figures answers of the imported cases."""
        days = {"since": "2025-01-01", "until": "2026-10-31", **period}
        query = f"{ASKED} {{ answer: {field}(cut: {CUT}{more}) {{ {fields} }} }}"
        return (await self.city.data(query, {"id": str(self.process), **days}, as_=self.analyst))["answer"]

    async def upload(self, text: str | bytes, name: str) -> dict[str, Any]:
        """Send a file as the analyst and return its id and claim."""
        content = text.encode() if isinstance(text, str) else text
        answer = await self.city.request("POST", "/files", as_=self.analyst, files={"file": (name, content)})
        assert answer.status_code == 201, answer.text
        kept: dict[str, Any] = answer.json()
        return kept

    async def send(
        self, text: str | bytes, name: str = "log.csv", *, is_check: bool = False, wish: dict[str, Any] | None = None
    ) -> Any:
        """Import a log through GraphQL and return the payload."""
        kept = await self.upload(text, name)
        named = {"processId": str(self.process), "fileId": kept["id"], "claim": kept["claim"], "title": "Log"}
        query = """mutation ($input: ProcessLogInput!, $check: Boolean!) {
            processLogImport(input: $input, isCheck: $check) {
                errors { field code message } log { id cases total isFinished } lines cases bad
                columns { field header } problems { line field code message } } }"""
        data = await self.city.data(query, {"input": {**named, **(wish or {})}, "check": is_check}, as_=self.analyst)
        return data["processLogImport"]


def text_of(rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER) -> str:
    """Return rows as the text of a CSV."""
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    return out.getvalue()


@pytest_asyncio.fixture
async def bureau(make_city: Callable[..., Awaitable[City]], platform: Platform, tmp_path: Path) -> Bureau:
    """A city in Sakhalin's zone (UTC+11), its office open 9 to 13 and 14 to 18 on the country's working days."""
    city = await make_city()
    analyst = await city.user("core.process.read", "core.process.change")
    async with city.serving():
        process = await create_process(ProcessCard(key="permit", title="Permit"))
    return Bureau(city=city, platform=platform, folder=tmp_path, process=process.id, analyst=analyst)
