"""A module's process as a city gets it: its drawing in the city's language, made ready to run, its forms and tables.

What is read of a file is kept for the life of the process (of the operating system): a module's files don't change.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from lxml import etree

from leancity.core.errors import StartupError
from leancity.core.i18n.catalogue import LOCALES, pick
from leancity.core.plugins.contributions import ModuleProcess
from leancity.core.processes.bpmn.findings import BpmnError
from leancity.core.processes.bpmn.model import ProcessModel
from leancity.core.processes.bpmn.names import NODES, kind_of
from leancity.core.processes.bpmn.normalise import Assumption, normalise
from leancity.core.processes.bpmn.reader import read, root_of
from leancity.core.processes.engine.compile import compile_process
from leancity.core.processes.expressions.decisions import read_decision
from leancity.core.processes.expressions.errors import ExpressionError
from leancity.core.processes.xml import XmlError

DRAWN_IN = "ru"
"""The language of the texts in a module's drawings."""
_NAMED = NODES | {"process", "participant", "lane", "sequenceFlow"}
"""Elements whose names people read. Those of messages and signals are addresses."""


@dataclass(frozen=True, kw_only=True)
class ShippedForm:
    """A form of a module's process, as its file has it; ``title`` by language."""

    key: str
    title: Mapping[str, str]
    data_schema: Any
    ui_schema: Any


@dataclass(frozen=True, kw_only=True)
class ShippedDecision:
    """A decision table of a module's process: its file."""

    key: str
    title: str
    xml: str


@dataclass(frozen=True, kw_only=True)
class Shipped:
    """A process that a module brings, in one language. ``executable`` is what the engine compiles, ``assumed`` what the
    normaliser did for it."""

    data: bytes
    model: ProcessModel
    executable: str
    assumed: tuple[Assumption, ...]
    forms: tuple[ShippedForm, ...]
    decisions: tuple[ShippedDecision, ...]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    def lane(self, lane_id: str) -> str:
        """Return the name of a lane; raise ``KeyError`` for one that is not drawn."""
        return {lane.id: lane.title for lane in self.model.lanes}[lane_id]


@lru_cache(maxsize=256)
def _shipped(path: Path, forms: Path | None, decisions: Path | None, locale: str) -> Shipped:
    data = path.read_bytes()
    if locale != DRAWN_IN:
        data = _renamed(data, _names(path.with_suffix(f".{locale}.json")))
    models = [model for model in read(data).processes if model.nodes]
    if len(models) != 1:
        raise StartupError(f"{path.name} draws {len(models)} processes, not one")
    normal = normalise(data, models[0].id)
    return Shipped(
        data=data,
        model=models[0],
        executable=normal.xml.decode(),
        assumed=normal.assumptions,
        forms=tuple(_forms(forms)),
        decisions=tuple(_decisions(decisions)),
    )


def read_shipped(process: ModuleProcess, locale: str) -> Shipped:
    """Return a module's process in a language, read at the first call. Raises ``StartupError`` naming the process."""
    try:
        return _shipped(process.path, process.forms, process.decisions, locale if locale in LOCALES else "en")
    except StartupError as error:
        raise StartupError(f"{process.key}: {error}") from error
    except (BpmnError, XmlError) as error:
        place = getattr(error, "element", "") or f"line {error.line or '?'}"
        raise StartupError(f"{process.key}: {process.path.name}: {error.code}: {place}") from error
    except (OSError, ValueError) as error:
        raise StartupError(f"{process.key}: {type(error).__name__}: {error}") from error


@lru_cache(maxsize=256)
def engine_names(executable: str, process_element: str) -> tuple[str, ...]:
    """Return the table of the engine's task names of a drawing that can be run, compiled at the first call."""
    return tuple(compile_process(executable, process_element, None).names)


def untranslated(data: bytes, names: Mapping[str, str]) -> list[str]:
    """Return the ids of named elements of a drawing that ``names`` has no name for, and those it names in vain."""
    wanted = {element.get("id", "") for element in _elements(root_of(data))}
    return sorted(wanted ^ names.keys())


def names_of(process: ModuleProcess, locale: str) -> Mapping[str, str]:
    """Return the names of a drawing's elements in another language than its own."""
    return _names(process.path.with_suffix(f".{locale}.json"))


def _names(path: Path) -> dict[str, str]:
    found = json.loads(path.read_text("utf-8"))
    if not isinstance(found, dict) or not all(isinstance(name, str) and name.strip() for name in found.values()):
        raise ValueError(f"{path.name} is no object of names by the ids of elements")
    return found


def _elements(root: etree._Element) -> Iterator[etree._Element]:
    return (element for element in root.iter() if kind_of(element) in _NAMED and (element.get("name") or "").strip())


def _renamed(data: bytes, names: Mapping[str, str]) -> bytes:
    root = root_of(data)
    for element in _elements(root):
        element.set("name", names.get(element.get("id", ""), element.get("name", "")))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _forms(folder: Path | None) -> Iterator[ShippedForm]:
    for path in sorted(folder.glob("*.json")) if folder is not None else ():
        form = json.loads(path.read_text("utf-8"))
        if not isinstance(form, dict) or not {"title", "schema"} <= form.keys() <= {"title", "schema", "ui"}:
            raise ValueError(f"{path.name}: a form is an object with title, schema and ui")
        title = form["title"]
        if not isinstance(title, dict) or not {*LOCALES} <= title.keys():
            raise ValueError(f"{path.name}: the title is needed in {' and '.join(LOCALES)}")
        yield ShippedForm(key=path.stem, title=title, data_schema=form["schema"], ui_schema=form.get("ui", {}))


def _decisions(folder: Path | None) -> Iterator[ShippedDecision]:
    for path in sorted(folder.glob("*.dmn")) if folder is not None else ():
        xml = path.read_text("utf-8")
        try:
            decision = read_decision(xml.encode())
        except ExpressionError as error:
            raise ValueError(f"{path.name}: {error.code}: {error.params}") from error
        yield ShippedDecision(key=path.stem, title=decision.title or path.stem, xml=xml)


def title_of(form: ShippedForm, locale: str) -> str:
    """Return the title of a form in a language."""
    return pick(form.title, locale)
