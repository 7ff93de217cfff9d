"""What the detectors see of a document."""

import pytest

from beacon_audit.inspection.subject import path_of, read_subject
from beacon_audit.model.json_value import JsonValue


def test_texts_are_values_and_keys_in_document_order() -> None:
    subject = read_subject({"a": ["b", {"c": "d"}], "e": 1})
    assert [(text.text, text.is_key, path_of(text.place)) for text in subject.texts] == [
        ("a", True, ("a",)),
        ("e", True, ("e",)),
        ("b", False, ("a", 0)),
        ("c", True, ("a", 1, "c")),
        ("d", False, ("a", 1, "c")),
    ]


@pytest.mark.parametrize(
    "document",
    [None, 1, [], {}, "x", {"scope": "x"}, {"scope": {"name": 1}}, {"metrics": {"name": "x"}}, [[{"name": "x"}]]],
)
def test_odd_documents_have_no_names(document: JsonValue) -> None:
    assert read_subject(document).names == ()


def test_names_carry_their_role_and_place() -> None:
    subject = read_subject({"metrics": [{"name": "m", "gauge": {"dataPoints": [{"attributes": [{"key": "k"}]}]}}]})
    assert [(name.role, name.name, path_of(name.place)) for name in subject.names] == [
        ("metric-name", "m", ("metrics", 0, "name")),
        ("attribute-key", "k", ("metrics", 0, "gauge", "dataPoints", 0, "attributes", 0, "key")),
    ]


def test_nesting_does_not_exhaust_the_stack() -> None:
    document: JsonValue = "bottom"
    for _ in range(50_000):
        document = [document]
    (text,) = read_subject(document).texts
    assert len(path_of(text.place)) == 50_000
