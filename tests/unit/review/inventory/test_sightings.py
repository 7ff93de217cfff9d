"""Everything that a document carries is seen, under the name that it was recorded with."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from beacon_audit.contracts import load_contract
from beacon_audit.redaction import Tokens, hidden_token
from beacon_audit.review.inventory.sightings import HIDDEN_BODY, sightings
from harness.violations import documented

HIDDEN = {"undocumented": "undocumented:ab12:0123456789abcdef", "type": "str", "bytes": 9}
TOKEN = HIDDEN["undocumented"]


def seen(document: object, kind: str, *, otlp: bool = True) -> list[tuple[str, object]]:
    return [(s.name, s.value) for s in sightings(document, otlp=otlp) if s.kind == kind]


@pytest.mark.parametrize(
    ("endpoint", "kind", "names"),
    [
        ("telemetry-metrics", "metric-name", "metric_names"),
        ("telemetry-metrics", "attribute-key", "attribute_keys"),
        ("telemetry-metrics", "scope-name", "scope_names"),
        ("telemetry-traces", "span-name", "span_names"),
        ("telemetry-traces", "event-name", "event_names"),
        ("telemetry-traces", "attribute-key", "attribute_keys"),
        ("telemetry-logs", "attribute-key", "attribute_keys"),
    ],
)
def test_names_of_the_documented_samples_are_those_that_the_contract_has(endpoint: str, kind: str, names: str) -> None:
    contract = load_contract("langsmith-beacon/2026-08")
    found = contract.endpoint(endpoint)
    assert found is not None
    assert {name for name, _ in seen(json.loads(documented(endpoint)), kind)} == getattr(
        contract.documented_names(found), names
    )


def test_measures_are_seen_with_their_counts() -> None:
    document = json.loads(documented("usage-snapshot"))
    assert dict(seen(document, "measure", otlp=False)) == document["measures"]


def test_paths_lead_to_every_value_and_have_no_indices() -> None:
    document = {"a": [{"b/c": 1}, {"b/c": 2, "d~": None}], "e": [], "f": {}, "g": [[True]]}
    assert sorted(seen(document, "field-path"), key=str) == [
        ("/a/*/b~1c", 1), ("/a/*/b~1c", 2), ("/a/*/d~0", None), ("/e", []), ("/f", {}), ("/g/*/*", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("document", "kind", "expected"),
    [
        ({"metrics": [{"name": HIDDEN}]}, "metric-name", [(TOKEN, None)]),
        ({"spans": [{"name": HIDDEN, "attributes": [1]}]}, "span-name", [(TOKEN, [1])]),
        ({"scope": {"name": "s", "version": "1"}}, "scope-name", [("s", "1")]),
        ({"attributes": [{"key": "k", "value": HIDDEN}]}, "attribute-key", [("k", HIDDEN)]),
        ({"attributes": [{"key": HIDDEN, "value": {"intValue": "1"}}]}, "attribute-key", [(TOKEN, {"intValue": "1"})]),
        ({"x": {"key": "k"}}, "attribute-key", [("k", None)]),
        ({"metrics": [{"name": "", "x": 1}, {"name": 1}, {}]}, "metric-name", []),
        ({"metrics": {"name": "no list"}}, "metric-name", []),
        (
            {"metrics": [{"name": "m", "sum": {"dataPoints": [{"attributes": ["a"]}, {"asInt": 1}]}}]},
            "metric-name",
            [("m", ["a"]), ("m", None)],
        ),
        ({"body": {"stringValue": "pool at 95"}}, "log-template", [("pool at <n>", "pool at 95")]),
        ({"body": {"stringValue": HIDDEN}}, "log-template", [(HIDDEN_BODY, HIDDEN)]),
        ({"body": HIDDEN}, "log-template", [(HIDDEN_BODY, HIDDEN)]),
    ],
)
def test_names_are_seen_where_the_detectors_see_them(
    document: object, kind: str, expected: Sequence[tuple[str, object]]
) -> None:
    assert seen(document, kind) == list(expected)


def test_document_without_names_has_none() -> None:
    document = {"metrics": [{"name": "x"}], "key": "y", "body": {"stringValue": "z"}}
    assert {sighting.kind for sighting in sightings(document, otlp=False)} == {"field-path"}


def test_hidden_name_is_the_token_that_an_approval_would_hold() -> None:
    tokens = Tokens(b"k" * 32)
    hidden = {"undocumented": hidden_token(tokens, "a b"), "type": "str", "bytes": 5}
    assert [name for name, _ in seen({"spans": [{"name": hidden}]}, "span-name")] == [hidden_token(tokens, "a b")]


@pytest.mark.parametrize("document", [None, 1, "text", [], {}, [[[]]]])
def test_any_document_is_one_place_at_least(document: Any) -> None:
    assert len(seen(document, "field-path")) == 1


def test_deep_document_does_not_exhaust_the_stack() -> None:
    document: Any = 1
    for _ in range(10_000):
        document = [document]
    assert len(list(sightings(document, otlp=True))) == 1
