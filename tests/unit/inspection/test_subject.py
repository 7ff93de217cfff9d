"""What the detectors see of a document."""

import pytest

from beacon_audit.inspection.subject import Subject, read_subject
from beacon_audit.model.json_value import JsonValue


def names(subject: Subject) -> dict[str, set[str]]:
    return {role: set(found) for role, found in subject.names.items() if found}


def fields(subject: Subject) -> dict[str, set[str]]:
    return {member: set(texts) for member, texts in subject.fields.items()}


def test_texts_are_values_and_keys_each_once() -> None:
    subject = read_subject({"a": ["b", {"c": "d"}, "b"], "e": 1, "f": {"c": "d"}})
    assert set(subject.texts) == {"a", "b", "c", "d", "e", "f"}
    assert subject.keys == {"a", "c", "e", "f"}
    assert fields(subject) == {"": {"b"}, "c": {"d"}}


@pytest.mark.parametrize(
    "document",
    [None, 1, [], {}, "x", {"scope": "x"}, {"scope": {"name": 1}}, {"metrics": {"name": "x"}}, [[{"name": "x"}]]],
)
def test_odd_documents_have_no_names(document: JsonValue) -> None:
    assert names(read_subject(document)) == {}


def test_names_carry_their_role() -> None:
    document: JsonValue = {
        "scope": {"name": "s", "attributes": [{"key": "of a scope", "value": {"stringValue": "v"}}]},
        "metrics": [{"name": "m", "gauge": {"dataPoints": [{"attributes": [{"key": "k", "value": {"intValue": 1}}]}]}}],
        "spans": [{"name": "p", "events": [{"name": "e"}]}],
    }
    assert names(read_subject(document)) == {
        "scope-name": {"s"},
        "metric-name": {"m"},
        "span-name": {"p"},
        "event-name": {"e"},
        "attribute-key": {"k", "of a scope"},
    }


def test_texts_of_ordinary_attributes_are_kept_apart() -> None:
    ordinary: JsonValue = {"key": "k", "value": {"stringValue": "text"}}
    subject = read_subject({"attributes": [ordinary], "note": "text"})
    assert {key: set(texts) for key, texts in subject.attributes.items()} == {"k": {"text"}}
    assert fields(subject) == {"note": {"text"}}
    assert set(subject.texts) == {"attributes", "note", "k", "text"}


@pytest.mark.parametrize(
    "attribute",
    [
        {"key": "k", "value": {"stringValue": "text", "intValue": 1}},
        {"key": "k", "value": {"stringValue": "text"}, "more": 1},
        {"key": "k", "value": {"arrayValue": {"values": [{"stringValue": "text"}]}}},
        {"key": "k", "value": {"kvlistValue": {"values": [{"key": "deep", "value": {"stringValue": "text"}}]}}},
        {"key": ["text"], "value": {"stringValue": 1}},
        {"key": {"k": "text"}, "value": {"stringValue": 1}},
        {"value": {"stringValue": "text"}, "k": "k"},
        {"key": "k", "value": "text"},
        ["key", "text"],
        "text",
    ],
)
def test_no_text_of_an_odd_attribute_is_lost(attribute: JsonValue) -> None:
    assert "text" in read_subject({"attributes": [attribute]}).texts


def test_text_of_an_odd_attribute_counts_as_the_value_of_its_key_too() -> None:
    subject = read_subject({"attributes": [{"key": "k", "value": {"stringValue": "text", "intValue": 1}}]})
    assert set(subject.attributes["k"]) == {"text"}
    assert fields(subject)["stringValue"] == {"text"}


def test_bodies_of_log_records_are_told_from_attributes() -> None:
    assert read_subject({"logRecords": [{"body": {"stringValue": "b"}}, {"body": "x"}]}).bodies == {"b"}


def test_document_is_not_changed_and_the_license_field_is_left_out() -> None:
    document: JsonValue = {"license": "x", "deep": [{"license": "y"}], "other": 1}
    subject = read_subject(document, ("/license", "/deep/0/license", "/nothing/here", "/deep/7"))
    assert document == {"license": "x", "deep": [{"license": "y"}], "other": 1}
    assert subject.document == {"license": "", "deep": [{"license": ""}], "other": 1}
    assert "x" not in subject.texts
    assert "y" not in subject.texts


def test_license_field_that_is_no_text_is_not_left_out() -> None:
    assert "x" in read_subject({"license": {"license": "x"}}, ("/license",)).texts


def test_many_ids_are_not_worth_a_search_and_one_odd_one_is() -> None:
    ids: list[JsonValue] = [{"spanId": f"{number:016x}"} for number in range(100)]
    assert "spanId" not in read_subject(ids).wordy
    assert "spanId" in read_subject([*ids, {"spanId": "Z" * 16}]).wordy
    assert "spanId" in read_subject([*ids, {"spanId": "0" * 33}]).wordy
