"""Which header fills which field, and how the other system writes times and choices."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from leancity.core.errors import Problem, Refused, refuse
from leancity.core.imports.sources import same
from leancity.core.imports.target import FieldKind, ImportField, Table

ISO = "iso"
FORMATS = (ISO, "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y")
"""How times are written where a mapping doesn't say. Dates with slashes are told by no rule: it must say."""
_SAMPLE = datetime(2021, 11, 30, tzinfo=UTC)  # a day on which day, month and year can't be exchanged


class FieldMapping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mapping as a file or a profile keeps it.

    ``fields``: field to header; empty lets it be guessed. ``zone``: IANA name of the zone of times written without
    one, the city's own when None. ``formats``: of times, tried in order: ``strptime`` patterns or "iso". ``values``:
    field to {what the file says: what is meant}; "" is nothing. ``source``: the other system's name.
    """

    fields: dict[str, str] = {}
    zone: str | None = None
    formats: list[str] = []
    values: dict[str, dict[str, str]] = {}
    source: str | None = None


def read_mapping(path: Path) -> FieldMapping:
    """Read a mapping from a JSON file, whose stem names the source where it doesn't. ``Refused`` says what is wrong."""
    try:
        mapping = parse_mapping(path.read_bytes())
    except OSError as error:
        raise refuse("import_unreadable", "map", file=path.name, reason=error.strerror or str(error)) from error
    return mapping if mapping.source else msgspec.structs.replace(mapping, source=path.stem)


def parse_mapping(text: bytes | str) -> FieldMapping:
    """Read a mapping from JSON; ``Refused`` says what is wrong."""
    try:
        return msgspec.json.decode(text, type=FieldMapping)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise refuse("import_mapping_invalid", "map", reason=str(error)) from error


def guess(target: Table, headers: Sequence[str]) -> dict[str, str]:
    """Return field to header by names, titles and aliases; a header serves one field only."""
    free = {_bare(header): header for header in reversed(headers) if header}
    found: dict[str, str] = {}
    for field in target.fields:
        for name in (field.name, *field.title.values(), *field.aliases):
            if (header := free.pop(_bare(name), None)) is not None:
                found[field.name] = header
                break
    return found


def settled(target: Table, mapping: FieldMapping, headers: Sequence[str]) -> FieldMapping:
    """Return the mapping with its fields guessed where it names none, every one by a header that the file has.

    ``Refused`` names each unknown header, field, choice, zone and format, and each required field without a header.
    """
    fields = mapping.fields or guess(target, headers)
    written = {same(header): header for header in headers if header}
    problems = [*_problems(target, mapping, fields)]
    problems += [
        Problem(code="import_header_unknown", field=name, params={"header": header, "headers": ", ".join(headers)})
        for name, header in fields.items()
        if same(header) not in written
    ]
    if problems:
        raise Refused(*problems)
    return msgspec.structs.replace(mapping, fields={name: written[same(header)] for name, header in fields.items()})


def translations(field: ImportField, mapping: FieldMapping) -> dict[str, str]:
    """Return what the file says, without regard to case and blanks, to what is meant."""
    return {same(said): meant for said, meant in mapping.values.get(field.name, {}).items()}


def choice_keys(field: ImportField) -> dict[str, str]:
    """Return the ways to write each choice of a field, by key or title, to its key."""
    return {same(name): key for key, titles in field.choices.items() for name in (key, *titles.values())}


def _problems(target: Table, mapping: FieldMapping, fields: Mapping[str, str]) -> Iterable[Problem]:
    known = {field.name: field for field in target.fields}
    for name in sorted({*mapping.fields, *mapping.values} - known.keys()):
        yield Problem(code="import_field_unknown", field=name, params={"fields": ", ".join(known)})
    for field in target.fields:
        if field.required and field.name not in fields:
            yield Problem(code="import_field_unmapped", field=field.name)
        if field.kind is FieldKind.CHOICE:
            keys = choice_keys(field)
            for meant in sorted({meant for meant in mapping.values.get(field.name, {}).values() if meant}):
                if same(meant) not in keys:
                    params = {"value": meant, "choices": ", ".join(field.choices)}
                    yield Problem(code="import_choice_unknown", field=field.name, params=params)
    if mapping.zone is not None and not _is_zone(mapping.zone):
        yield Problem(code="zone_unknown", field="zone", params={"zone": mapping.zone})
    for pattern in mapping.formats:
        if not _is_format(pattern):
            yield Problem(code="import_format_invalid", field="formats", params={"format": pattern})


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _is_format(pattern: str) -> bool:
    """Tell whether a pattern keeps the whole date."""
    if pattern == ISO:
        return True
    try:
        read = datetime.strptime(_SAMPLE.strftime(pattern), pattern)  # noqa: DTZ007 - only its date matters
    except (ValueError, re.error):
        return False
    return read.date() == _SAMPLE.date()


def _bare(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
