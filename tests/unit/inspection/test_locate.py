"""Facts are found again where they stand, in document order, and suspicious keys are not shown."""

from beacon_audit.inspection import locate as module
from beacon_audit.inspection.facts import Fact, Suspicion, anywhere
from beacon_audit.inspection.locate import Located, locate
from beacon_audit.model.json_value import JsonValue

DOCUMENT: JsonValue = {
    "b": "x",
    "a": ["x", {"b": "y", "x": 1}],
    "spans": [{"name": "x", "attributes": [{"key": "x", "value": {"stringValue": "y"}}]}],
}


def pointers(*abouts: Fact | tuple[str | int, ...], document: JsonValue = DOCUMENT) -> list[str]:
    suspicions = [Suspicion("promise.any", about, "found") for about in abouts]
    return [finding.pointer for finding in locate(document, suspicions).findings]


def test_text_anywhere() -> None:
    assert pointers(anywhere("x"), document=["x", {"k": ["x"]}, "xx"]) == ["/0", "/1/k/0"]
    assert pointers(anywhere("x"), document="x") == [""]


def test_field_by_its_member() -> None:
    assert pointers(Fact("field", "b", "x")) == ["/b"]
    assert pointers(Fact("field", "", "x")) == ["/a/0"]


def test_attribute_by_its_key_and_text() -> None:
    assert pointers(Fact("attribute", "x", "y")) == ["/spans/0/attributes/0/value/stringValue"]
    assert pointers(Fact("attribute", "y", "y")) == []


def test_name_by_its_role() -> None:
    assert pointers(Fact("name", "span-name", "x")) == ["/spans/0/name"]
    assert pointers(Fact("name", "attribute-key", "x")) == ["/spans/0/attributes/0/key"]
    assert pointers(Fact("name", "metric-name", "x")) == []


def test_path_is_taken_as_it_is() -> None:
    assert pointers(("a", 1, "b")) == ["/a/1/b"]
    assert pointers(()) == [""]


def test_no_path_is_taken_for_another() -> None:
    paths = [("a", at, "b", 0, "c") if at % 3 else ("d", at) for at in range(100)]
    expected = [f"/a/{at}/b/0/c" if at % 3 else f"/d/{at}" for at in range(100)]
    assert pointers(*paths) == expected


def test_findings_are_in_document_order_whatever_the_order_of_suspicions() -> None:
    document: JsonValue = [{"k": "1"}, {"k": "2"}, {"k": "1"}]
    assert pointers(anywhere("1"), anywhere("2"), document=document) == ["/0/k", "/1/k", "/2/k"]
    assert pointers(anywhere("2"), anywhere("1"), document=document) == ["/0/k", "/1/k", "/2/k"]


def test_suspicious_key_is_not_shown_in_any_pointer() -> None:
    document: JsonValue = {"a": {"alice@example.com": {"b": "x"}}}
    suspicions = [
        Suspicion("promise.one", anywhere("alice@example.com"), "m"),
        Suspicion("promise.two", anywhere("x"), "m"),
    ]
    located = locate(document, suspicions)
    assert [finding.pointer for finding in located.findings] == ["/a", "/a"]
    assert located.withheld == {"alice@example.com"}


def test_same_text_as_a_value_does_not_hide_a_key_that_is_none() -> None:
    assert locate({"a": "x"}, [Suspicion("promise.one", anywhere("x"), "m")]).withheld == frozenset()


def test_nothing_suspicious_costs_no_walk() -> None:
    assert locate(DOCUMENT, []) == Located((), frozenset())


def test_beyond_a_bound_the_whole_body_is_one_finding() -> None:
    found = locate(["x"] * (module.MOST_PLACES + 1000), [Suspicion("promise.one", anywhere("x"), "m")]).findings
    assert module.MOST_PLACES < len(found) <= module.MOST_PLACES + 2
    assert found[-1].pointer == ""


def test_deep_documents_do_not_exhaust_the_stack() -> None:
    document: JsonValue = "x"
    for _ in range(2_000):
        document = [document]
    (pointer,) = pointers(anywhere("x"), document=document)
    assert pointer.count("/") == 2_000
