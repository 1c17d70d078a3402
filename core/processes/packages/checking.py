"""The first step of taking a package: whether this city can have it at all, and whether anything in it is hostile."""

from __future__ import annotations

from leancity.core.cases.checks import LONG, SHORT
from leancity.core.cases.registry import open_kinds
from leancity.core.errors import Problem, Refused, refuse
from leancity.core.files.threads import examining
from leancity.core.processes.expressions.decisions import read_decision
from leancity.core.processes.expressions.errors import ExpressionError
from leancity.core.processes.packages.file import Package
from leancity.core.processes.packages.model import Content
from leancity.core.processes.packages.signing import Trust
from leancity.core.processes.running.forms import check_form
from leancity.core.processes.versions.content import MOST
from leancity.core.processes.versions.measures import MOST as MOST_MEASURES
from leancity.core.processes.versions.processes import KEY, OWN_KIND
from leancity.core.processes.versions.stored import original
from leancity.core.processes.versions.uploading import Prepared, prepare
from leancity.core.processes.xml import BYTES, XmlError
from leancity.core.tenancy.context import current_modules

MOST_NAMES = 500
_DOUBTS = {Trust.UNKNOWN: "package_untrusted", Trust.UNSIGNED: "package_unsigned"}


async def require_fit(package: Package, *, is_untrusted_taken: bool) -> Prepared:
    """Refuse a package that can't be had here, naming each reason; return its drawing, read.

    One that this installation and its operator don't vouch for asks for the word that it is taken all the same.
    """
    if package.trust in _DOUBTS and not is_untrusted_taken:
        raise refuse(_DOUBTS[package.trust], "is_untrusted_taken", signer=package.signer)
    content = package.content
    require_kept(content)
    problems = [*await examining(_of_parts, content)]
    missing = sorted({*content.process.modules} - current_modules())
    problems += [Problem(code="package_module_missing", field="package", params={"module": each}) for each in missing]
    kind = content.process.case_kind
    if not missing and kind != OWN_KIND and kind not in open_kinds():
        problems.append(Problem(code="package_kind_missing", field="package", params={"kind": kind}))
    if problems:
        raise Refused(*problems)
    return await prepare(original(content.drawing.xml), content.drawing.process_element)


def require_kept(content: Content) -> None:
    """Refuse texts and lists that are longer than the same typed by hand may be."""
    for place, text in (
        ("key", content.key),
        ("process.title", content.process.title),
        ("process.key", content.process.key),
        ("provenance.city", content.provenance.city),
        ("provenance.title", content.provenance.title),
        *((f"tags.{number}", tag) for number, tag in enumerate(content.tags)),
        *((f"measures.{number}", each) for number, each in enumerate(content.measures)),
        *((f"names.{number}", text) for number, each in enumerate(content.names) for text in (each.key, each.title)),
        *((f"forms.{number}", text) for number, each in enumerate(content.forms) for text in (each.key, each.title)),
        *((f"decisions.{n}", text) for n, each in enumerate(content.decisions) for text in (each.key, each.title)),
        *((f"lanes.{number}", each.lane) for number, each in enumerate(content.lanes)),
        *((f"case_targets.{number}", each.stage) for number, each in enumerate(content.case_targets)),
    ):
        if len(text) > SHORT:
            raise refuse("package_shape", "package", place=place)
    for place, amount, most in (
        ("description", len(content.description), LONG),
        ("forms", len(content.forms), MOST),
        ("decisions", len(content.decisions), MOST),
        ("measures", len(content.measures), MOST_MEASURES),
        ("names", len(content.names), MOST_NAMES),
        ("lanes", len(content.lanes), MOST_NAMES),
        ("case_targets", len(content.case_targets), MOST_NAMES),
        ("case_targets", max((len(each.source) for each in content.case_targets), default=0), LONG),
        ("no", content.no, 2**31 - 1),
    ):
        if amount > most:
            raise refuse("package_shape", "package", place=place)
    if content.no < 1 or not KEY.fullmatch(content.process.key) or not content.process.title.strip():
        raise refuse("package_shape", "package", place="process")
    for place, keys in (
        ("forms", [each.key for each in content.forms]),
        ("decisions", [each.key for each in content.decisions]),
        ("lanes", [each.lane for each in content.lanes]),
        ("names", [each.address for each in content.names]),
        ("case_targets", [each.address for each in content.case_targets]),
        ("measures", [each.strip() for each in content.measures]),
    ):
        if len({*keys}) != len(keys) or not all(keys):
            raise refuse("package_shape", "package", place=place)
    _require_named(content)


def _require_named(content: Content) -> None:
    """Refuse lanes that lean on what is not among the names: nobody would be asked what it is here."""
    known = {each.address for each in content.names}
    for number, lane in enumerate(content.lanes):
        asked = (("role", lane.role), ("unit", lane.unit), ("position", lane.position))
        if any(key and f"{kind}:{key}" not in known for kind, key in asked):
            raise refuse("package_shape", "package", place=f"lanes.{number}")


def _of_parts(content: Content) -> list[Problem]:
    """Return what is wrong with forms and tables, by the same checks that those uploaded by hand go through."""
    problems: list[Problem] = []
    for form in content.forms:
        place = f"package.forms.{form.key}"
        problems += [
            Problem(code=each.code, field=f"{place}.{each.field}", params=each.params)
            for each in check_form(form.data_schema, form.ui_schema)
        ]
    for table in content.decisions:
        field = f"package.decisions.{table.key}"
        try:
            read_decision(table.xml.encode())
        except ExpressionError as error:
            problems.append(Problem(code=error.code, field=field, params={"at": error.at, **error.params}))
        except XmlError as error:
            problems.append(Problem(code=error.code, field=field, params={"line": error.line or "?", "limit": BYTES}))
    return problems
