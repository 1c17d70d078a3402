"""``lean:begin`` and ``lean:term due`` in a drawing: read, judged by the profile, kept by every export."""

from __future__ import annotations

import pytest

from leancity.core.i18n.catalogue import text
from leancity.core.processes.bpmn.export import PROFILES, export
from leancity.core.processes.bpmn.lint import Known
from leancity.core.processes.bpmn.model import Begin, Term
from leancity.core.processes.bpmn.reader import read
from tests.core.processes.bpmn.drawings import END, START, drawing, errors, flows, found

LINE = flows("s>u", "u>t", "t>e")
USER = '<userTask id="u" name="U"/>'
WHOLE = (
    '<lean:begin process="errand" each="errands" as="errand" title="errand.what" author="u" result="sent">'
    '<lean:fact name="what" value="errand.what"/></lean:begin>'
)


def _task(ours: str, *, kind: str = "serviceTask", inside: str = "") -> bytes:
    task = f'<{kind} id="t" name="T"><extensionElements>{ours}</extensionElements>{inside}</{kind}>'
    return drawing(START + USER + task + END + LINE)


def test_it_is_read_whole() -> None:
    node = read(_task(WHOLE)).processes[0].node("t")
    assert node is not None
    assert node.begin == Begin(
        process="errand",
        each="errands",
        item="errand",
        title="errand.what",
        author="u",
        result="sent",
        facts=(("what", "errand.what"),),
    )


def test_a_day_of_the_facts_is_read_as_a_term() -> None:
    node = read(_task('<lean:term due="day" source="act 7"/>', kind="userTask")).processes[0].node("t")
    assert node is not None and node.term == Term(due="day", source="act 7")


@pytest.mark.parametrize(
    ("ours", "kind", "inside", "code"),
    [
        (WHOLE, "userTask", "", "bpmn_begin_place"),
        (WHOLE + '<lean:service topic="a.b"/>', "serviceTask", "", "bpmn_begin_place"),
        (
            WHOLE,
            "serviceTask",
            "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>",
            "bpmn_begin_place",
        ),
        ('<lean:begin process="errand"/>', "serviceTask", "", "bpmn_begin_unclear"),
        (WHOLE.replace('name="what" ', ""), "serviceTask", "", "bpmn_begin_unclear"),
        (WHOLE.replace('author="u"', 'author="nobody"'), "serviceTask", "", "bpmn_begin_author"),
        (WHOLE.replace('"errands"', '"().x"'), "serviceTask", "", "bpmn_expression_unread"),
        (WHOLE.replace('value="errand.what"', 'value="1 +"'), "serviceTask", "", "bpmn_expression_unread"),
        ('<lean:term due="1 +"/>', "userTask", "", "bpmn_expression_unread"),
    ],
)
def test_what_would_not_begin_anything_is_refused_by_its_element(ours: str, kind: str, inside: str, code: str) -> None:
    told = found(_task(ours, kind=kind, inside=inside))
    assert (code, "t") in {(finding.code, finding.element) for finding in told if finding.is_error}
    for finding in told:
        for locale in ("ru", "en"):
            said = text(finding.code, locale, finding.facts)
            assert said != finding.code and "{" not in said, said


def test_a_process_that_the_city_has_not_is_refused() -> None:
    assert errors(_task(WHOLE), Known(processes=frozenset({"errand"}))) == set()
    assert errors(_task(WHOLE), Known(processes=frozenset({"other"}))) == {("bpmn_process_unknown", "t")}


@pytest.mark.parametrize("profile", PROFILES)
def test_every_export_keeps_it(profile: str) -> None:
    node = read(export(_task(WHOLE), profile)).processes[0].node("t")
    assert node is not None and node.begin is not None and node.begin.facts == (("what", "errand.what"),)
