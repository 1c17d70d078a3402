"""What was understood of a workbook, for a person to read before it is written, and as a list to mend it by."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from leancity.core.errors import refuse
from leancity.tenants.organisation.model import Finding, Organisation, Severity

FIRST = 20
COLUMNS = ("severity", "sheet", "row", "column", "code", "value", "reason")


def preview_lines(found: Organisation, findings: Sequence[Finding], locale: str) -> Iterator[str]:
    """Yield the sheets and their columns, the tree with numbers of people, the first findings by code."""
    for sheet in found.sheets:
        yield f"{sheet.name}: {sheet.taken_for or 'not used'}, {sheet.rows} rows, header in row {sheet.header_row}"
        used = [f"{each.header} -> {each.field}" for each in sheet.columns if each.field]
        unused = [each.header for each in sheet.columns if not each.field]
        yield f"  columns: {', '.join(used) or '(none)'}; not used: {', '.join(unused) or '(none)'}"
        if sheet.skipped:
            yield f"  skipped: {', '.join(f'{why} {len(rows)}' for why, rows in sheet.skipped.items())}"
    yield ""
    yield from _tree(found)
    yield ""
    yield from finding_lines(findings, locale)


def finding_lines(findings: Sequence[Finding], locale: str) -> Iterator[str]:
    """Yield what is found, the worst first, the same things together; the first ones, then how many more there are."""
    worst = [*Severity]
    together = sorted(findings, key=lambda each: (worst.index(each.severity), each.code))
    for finding in together[:FIRST]:
        where = f"{finding.sheet} {finding.column}{finding.row or ''}".strip()
        yield f"{finding.severity}: {f'{where}: ' if where else ''}{finding.told(locale)}"
    if len(together) > FIRST:
        yield f"and {len(together) - FIRST} more; --report FILE lists them all"
    counts = Counter(finding.severity for finding in findings)
    yield ", ".join(f"{each.value}s: {counts[each]}" for each in Severity)


def write_report(path: Path, findings: Sequence[Finding], locale: str) -> None:
    """Write every finding as a row of a CSV (UTF-8 with its mark), its reason in ``locale``."""
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(COLUMNS)
            for each in findings:
                told = each.told(locale)
                rows.writerow([each.severity.value, each.sheet, each.row, each.column, each.code, each.value, told])
    except OSError as error:
        raise refuse("import_report_unwritable", "report", reason=error.strerror or str(error)) from error


def _tree(found: Organisation) -> Iterator[str]:
    children, people = defaultdict(list), Counter(person.unit for person in found.people)
    for unit in found.units:
        children[unit.parent].append(unit)
    waiting = [(0, unit) for unit in reversed(children[""])]
    while waiting:
        depth, unit = waiting.pop()
        form = f" [{unit.legal_form or unit.kind}]"
        yield f"{'  ' * depth}{unit.title}{form}: {people[unit.key]}{'' if unit.head else ', no head'}"
        waiting += [(depth + 1, child) for child in reversed(children[unit.key])]
    if people[""]:
        yield f"(without a unit): {people['']}"
    yield f"units: {len(found.units)}, people: {len(found.people)}"
