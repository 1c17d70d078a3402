"""The executable profile: what may not be published is refused with its element, what may is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from leancity.core.i18n.catalogue import catalogue, text
from leancity.core.processes.bpmn.lint import Known, lint
from leancity.core.processes.bpmn.normalise import normalise
from leancity.core.processes.engine.dry_run import dry_run
from tests.core.processes.bpmn.drawings import END, START, drawing, errors, flows, found, users

TIMER = '<intermediateCatchEvent id="t"><timerEventDefinition>{}</timerEventDefinition></intermediateCatchEvent>'
AND = '<parallelGateway id="{}"/>'
XOR = '<exclusiveGateway id="{}" default="{}"/>'
OURS = '<extensionElements><lean:form key="f"/></extensionElements>'
LINE = flows("s>t", "t>e")
VOTE = '<lean:ballot result="votes" field="vote" choices="yes no" quorum="cast = 2"/>'
EACH = (
    "<multiInstanceLoopCharacteristics><loopDataInputRef>people</loopDataInputRef>"
    '<inputDataItem id="one"/></multiInstanceLoopCharacteristics>'
)
EACH_OUT = EACH.replace(
    '<inputDataItem id="one"/>',
    '<loopDataOutputRef>all</loopDataOutputRef><inputDataItem id="one"/><outputDataItem id="v"/>',
)


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (START + '<scriptTask id="t"><script>import os</script></scriptTask>' + END + LINE, ("bpmn_script", "t")),
        (START + '<complexGateway id="t"/>' + END + LINE, ("bpmn_complex", "t")),
        (START + f'<transaction id="t">{users("u")}</transaction>' + END + LINE, ("bpmn_transaction", "t")),
        (START + f'<adHocSubProcess id="t">{users("u")}</adHocSubProcess>' + END + LINE, ("bpmn_ad_hoc", "t")),
        (START + '<intermediateThrowEvent id="t"><compensateEventDefinition/></intermediateThrowEvent>' + END + LINE,
         ("bpmn_compensation", "t")),
        (START + '<intermediateThrowEvent id="t"><linkEventDefinition name="L"/></intermediateThrowEvent>' + END
         + flows("s>t"), ("bpmn_link", "t")),
        (START + users("t") + END + flows("s>t", "t>e?1 = 2"), ("bpmn_condition_ignored", "t_e")),
        (START + '<intermediateCatchEvent id="t"/>' + END + LINE, ("bpmn_catches_nothing", "t")),
        (START + users("t", "lost") + END + flows("s>t", "t>e"), ("bpmn_unreachable", "lost")),
        (START + '<startEvent id="s2"/>' + users("t") + END + LINE + flows("s2>t"), ("bpmn_starts", "p")),
        (START + users("t", "a", "b") + END + LINE + XOR.format("g", "g_e") + flows("a>b", "b>a"),
         ("bpmn_unreachable", "a")),
        (START + XOR.format("g", "g_e") + users("a", "b") + END + flows("s>g", "g>e", "g>a?x = 1", "a>b", "b>a"),
         ("bpmn_no_way_to_end", "a")),
        (START + XOR.format("g", "g_e") + '<intermediateThrowEvent id="h"/>' + END
         + flows("s>g", "g>h?x = 1", "h>g", "g>e"), ("bpmn_spinning", "g")),
        (START + XOR.format("g", "g_b") + users("a", "b") + AND.format("j") + END
         + flows("s>g", "g>a?x = 1", "g>b", "a>j", "b>j", "j>e"), ("bpmn_join_starved", "j")),
        (START + users("a", "b") + AND.format("j") + XOR.format("g", "g_e") + END
         + flows("s>a", "a>j", "j>b", "b>g", "g>j?x = 1", "g>e"), ("bpmn_join_in_ring", "j")),
        (START + TIMER.format("<timeDuration>P5X</timeDuration>") + f'<userTask id="u">{OURS}</userTask>' + END
         + flows("s>t", "t>u", "u>e"), ("bpmn_timer_unread", "t")),
        (START + TIMER.format("<timeCycle>R3/PT1H</timeCycle>") + END + LINE, ("bpmn_cycle_place", "t")),
        (START + users("t") + '<boundaryEvent id="b" attachedToRef="t" cancelActivity="false"><timerEventDefinition>'
         "<timeCycle>R/PT0S</timeCycle></timerEventDefinition></boundaryEvent>" + END + LINE + flows("b>e"),
         ("bpmn_timer_at_once", "b")),
        (START + '<callActivity id="t" calledElement="p"/>' + END + LINE, ("bpmn_call_ring", "t")),
        (START + '<eventBasedGateway id="g"/>' + users("t") + END + flows("s>g", "g>t", "t>e"),
         ("bpmn_not_an_event", "t")),
        (START + '<userTask id="t"><extensionElements><lean:assign apart="s"/></extensionElements></userTask>' + END
         + LINE, ("bpmn_apart_nowhere", "t")),
        (START + f'<userTask id="t"><extensionElements>{VOTE}</extensionElements></userTask>' + END + LINE,
         ("bpmn_ballot_place", "t")),
        (START + f'<userTask id="t"><extensionElements>{VOTE}</extensionElements>{EACH_OUT}</userTask>' + END + LINE,
         ("bpmn_ballot_place", "t")),
        (START + f'<userTask id="t"><extensionElements>{VOTE.replace("yes no", "yes")}</extensionElements>{EACH}'
         "</userTask>" + END + LINE, ("bpmn_ballot_unclear", "t")),
        (START + f'<userTask id="t"><extensionElements>{VOTE.replace("cast", "((")}</extensionElements>{EACH}'
         "</userTask>" + END + LINE, ("bpmn_expression_unread", "t")),
        (START + '<userTask id="a b"/>' + END + flows("s>a b", "a b>e"), ("bpmn_bad_id", "a b")),
        (START + users("t") + '<boundaryEvent id="b" attachedToRef="t" cancelActivity="false"><errorEventDefinition/>'
         "</boundaryEvent>" + END + LINE + flows("b>e"), ("bpmn_error_interrupts", "b")),
    ],
)  # fmt: skip
def test_what_does_not_run_as_drawn_is_refused_by_its_element(body: str, wanted: tuple[str, str]) -> None:
    told = found(drawing(body))
    assert wanted in {(finding.code, finding.element) for finding in told if finding.is_error}
    for finding in told:
        for locale in ("ru", "en"):
            said = text(finding.code, locale, finding.facts)
            assert said != finding.code and "{" not in said, f"{finding.code}: {said}"


def test_an_expression_of_ours_that_cannot_be_read_is_refused() -> None:
    body = (
        START + XOR.format("g", "g_e") + '<userTask id="t"><extensionElements><lean:form key="f"/></extensionElements>'
    )
    body += "</userTask>" + END + flows("s>g", "g>t?().__class__", "g>e", "t>e")
    [(code, element)] = errors(drawing(body))
    assert (code, element) == ("bpmn_expression_unread", "g_t")


def test_what_people_usually_draw_is_publishable() -> None:
    body = (
        START + '<exclusiveGateway id="m"/>' + AND.format("f") + users("a", "b", "c") + AND.format("j")
        + XOR.format("g", "g_e")
        + '<boundaryEvent id="w" attachedToRef="c"><timerEventDefinition><timeDuration>P5D</timeDuration>'
        + "</timerEventDefinition></boundaryEvent>" + END
        + flows("s>m", "m>f", "f>a", "f>b", "a>j", "b>j", "j>c", "c>g", "g>m?again", "g>e", "w>e")
    )  # fmt: skip
    assert errors(drawing(body)) == set()


def test_every_rule_and_assumption_is_in_the_published_profile() -> None:
    page = (Path(__file__).parents[4] / "docs" / "developers" / "bpmn.md").read_text("utf-8")
    codes = [code for code in catalogue()["en"] if code.startswith("bpmn_")]
    assert len(codes) > 90
    assert [code for code in codes if f"`{code}`" not in page] == []


@pytest.mark.parametrize(("pairs", "is_allowed"), [(8, True), (9, False), (40, False)])
def test_splits_in_sequence_are_bounded(pairs: int, is_allowed: bool) -> None:
    body, ways, last = START, [], "s"
    for number in range(pairs):
        f, j = f"f{number}", f"j{number}"
        body += AND.format(f) + AND.format(j) + users(f"a{number}", f"b{number}")
        ways += [f"{last}>{f}", f"{f}>a{number}", f"{f}>b{number}", f"a{number}>{j}", f"b{number}>{j}"]
        last = j
    told = errors(drawing(body + END + flows(*ways, f"{last}>e")))
    assert told == (set() if is_allowed else {("bpmn_too_parallel", "f0")})


def test_what_the_city_does_not_have_is_refused() -> None:
    extensions = (
        '<extensionElements><lean:form key="f"/><lean:state state="done"/>'
        '<lean:assign role="clerk"/></extensionElements>'
    )
    body = START + f'<userTask id="t">{extensions}</userTask>' + END + LINE
    nothing = Known(forms=frozenset(), states=frozenset(), roles=frozenset(), lanes=frozenset(), facts=frozenset())
    assert {code for code, _ in errors(drawing(body), nothing)} == {
        "bpmn_form_unknown", "bpmn_state_unknown", "bpmn_role_unknown",
    }  # fmt: skip
    has = Known(forms=frozenset({"f"}), states=frozenset({"done"}), roles=frozenset({"clerk"}))
    assert errors(drawing(body), has) == set()
    assert errors(drawing(body)) == set(), "without a city nothing of it is asked"


def test_names_that_nothing_sets_and_tasks_of_nobody_are_warned_of() -> None:
    body = START + XOR.format("g", "g_e") + users("t") + END + flows("s>g", "g>t?paid and choice = 1", "g>e", "t>e")
    told = {(finding.code, finding.element): finding for finding in found(drawing(body), Known(facts=frozenset()))}
    assert told["bpmn_fact_unset", "g_t"].params["names"] == "paid"
    assert not told["bpmn_no_lane", "t"].is_error


def test_what_the_lint_lets_pass_the_engine_runs() -> None:
    body = (
        START + '<userTask id="End" name="Имя машины"/>' + AND.format("f") + users("a", "b") + AND.format("j") + END
        + '<subProcess id="watch" triggeredByEvent="true"><startEvent id="ws"><signalEventDefinition signalRef="g"/>'
        + '</startEvent><endEvent id="we"/>' + flows("ws>we") + "</subProcess>"
        + flows("s>End", "End>f", "f>a", "f>b", "a>j", "b>j", "j>e")
    )  # fmt: skip
    data = drawing(body, above='<signal id="g" name="Отзыв"/>')
    normal = normalise(data, "p")
    assert [finding for finding in lint(normal.xml, "p") if finding.is_error] == []
    tried = dry_run(normal.xml.decode(), "p")
    assert (tried.code, ("user", "End") in tried.waits) == ("", True)
