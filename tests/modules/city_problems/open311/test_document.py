"""Both formats say the same, whatever is in them, and can be read."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from leancity.modules.city_problems.open311.document import ELEMENTS, Document, as_json, as_xml
from tests.modules.city_problems.open311.endpoint import CONTAINERS, of_xml, texts

ZONES = st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours)))
LEAVES = st.one_of(
    st.none(),
    st.text(max_size=30),
    st.sampled_from(["\r\n", "\r", "\0", "\x0b", "￾", "\ud800", "]]>", "&lt;", "<a/>", "é😀", "  "]),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.datetimes(min_value=datetime.fromisoformat("1000-01-01"), timezones=ZONES),
)
FIELDS = st.dictionaries(st.sampled_from(["code", "description", "lat", "status_notes"]), LEAVES, min_size=1)
LISTS = st.fixed_dictionaries({"service_code": LEAVES, "attributes": st.lists(FIELDS, max_size=3)})
DOCUMENTS = st.one_of(
    st.builds(Document, root=st.just("services"), content=st.lists(FIELDS, max_size=3)),
    st.builds(Document, root=st.just("formats"), content=st.lists(LEAVES, max_size=4)),
    st.builds(Document, root=st.just("service_definition"), content=LISTS),
)


def test_each_container_has_a_name_for_what_stands_in_it() -> None:
    assert ELEMENTS.keys() == CONTAINERS


@settings(max_examples=300, deadline=None)
@given(DOCUMENTS)
def test_json_and_xml_say_the_same(document: Document) -> None:
    told = json.loads(as_json(document).decode())
    written = as_xml(document)
    assert of_xml(etree.fromstring(written)) == texts(told)
    assert written == as_xml(Document(root=document.root, content=told)), "what was read is written as it was"


def test_nothing_is_taken_for_markup() -> None:
    document = Document(root="errors", content=[{"code": 400, "description": "<!ENTITY x '1'> &amp; ]]>"}])
    assert b"<!ENTITY" not in as_xml(document)
    assert of_xml(etree.fromstring(as_xml(document)))[0]["description"] == "<!ENTITY x '1'> &amp; ]]>"
