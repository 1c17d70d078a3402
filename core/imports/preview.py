"""What a mapping makes of a file's first rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from leancity.core.i18n.catalogue import describe
from leancity.core.imports.lines import Line, read_lines
from leancity.core.imports.runs import Plan
from leancity.core.tenancy.context import current_tenant

_WIDTH = 60  # characters of a value that are shown


def preview(plan: Plan, rows: int) -> dict[str, Any]:
    """Return ``fields`` (field to header), ``unused`` headers, ``total`` and the first ``rows`` as they'd be stored.

    Moments are ISO 8601 in the city's zone. A bad row has ``problems`` in the place of ``values``.
    """
    lines = islice(read_lines(plan.source, plan.target, plan.mapping, plan.zone), rows)
    used = set(plan.mapping.fields.values())
    return {
        "file": plan.source.name,
        "target": plan.target.name,
        "total": plan.source.total,
        "zone": plan.zone.key,
        "fields": {field.name: plan.mapping.fields.get(field.name) for field in plan.target.fields},
        "unused": [header for header in plan.source.headers if header and header not in used],
        "rows": [_row(line) for line in lines],
    }


def preview_text(found: dict[str, Any]) -> str:
    """Return a preview for a person to read."""
    return "\n".join(_text(found))


def _row(line: Line) -> dict[str, Any]:
    if line.problems:
        return {
            "line": line.number,
            "problems": [{"field": p.field, "reason": describe(p, "en")} for p in line.problems],
        }
    return {"line": line.number, "values": {name: _shown(value) for name, value in line.values.items()}}


def _shown(value: Any) -> Any:
    return value.astimezone(current_tenant().zone_info).isoformat() if isinstance(value, datetime) else value


def _text(found: dict[str, Any]) -> Iterator[str]:
    yield f"{found['file']}: {found['total']} rows for {found['target']}; times without a zone are {found['zone']}"
    widest = max(len(name) for name in found["fields"])
    for name, header in found["fields"].items():
        yield f"  {name:{widest}} <- {header if header is not None else '(nothing)'}"
    yield f"not used: {', '.join(found['unused']) or '(nothing)'}"
    for row in found["rows"]:
        yield f"line {row['line']}:"
        for name, value in row.get("values", {}).items():
            if value is not None:
                yield f"  {name:{widest}} = {str(value)[:_WIDTH]}"
        for problem in row.get("problems", ()):
            yield f"  {problem['field'] or 'row'}: {problem['reason']}"
