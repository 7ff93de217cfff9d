"""Laws of contracts and inspection: no document breaks them, and nothing that is planted escapes."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon_audit import contracts
from beacon_audit.contracts import load_contract
from beacon_audit.inspection import InspectionContext, inspect
from beacon_audit.model import Endpoint, Finding
from beacon_audit.model.json_value import JsonValue
from beacon_audit.model.pointer import json_pointer

CONTRACT = load_contract("langsmith-beacon/2026-08")
SAMPLES = Path(contracts.__file__).parent / "editions" / CONTRACT.name / "samples"
SHOWN = [endpoint for endpoint in CONTRACT.endpoints if endpoint.status == "documented"]
REQUESTS = {e.name: json.loads((SAMPLES / f"{e.name}.request.json").read_bytes()) for e in SHOWN}
SECRET = "lcl_made_up_key"

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=70)
FIELDS = TEXTS | st.sampled_from(["license", "resourceSpans", "resourceMetrics", "spans", "attributes", "key", "name"])
NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
DOCUMENTS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=15,
)
ENDPOINTS = st.sampled_from(CONTRACT.endpoints)


def all_findings(endpoint: Endpoint, document: JsonValue) -> tuple[Finding, ...]:
    context = InspectionContext(endpoint, CONTRACT.documented_names(endpoint), lambda text: SECRET in text)
    return (*CONTRACT.request_findings(endpoint, document), *inspect(document, context).findings)


def containers(document: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    """Every object and array of ``document`` with its path, the root first."""
    items = document.items() if isinstance(document, dict) else enumerate(document)
    below = [found for key, item in items if isinstance(item, dict | list) for found in containers(item, (*path, key))]
    return [(path, document), *below]


def resolves(document: Any, pointer: str) -> bool:
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        try:
            document = document[int(key) if isinstance(document, list) else key]
        except (KeyError, IndexError, TypeError, ValueError):
            return False
    return True


@given(ENDPOINTS, DOCUMENTS, st.integers(100, 599))
def test_any_document_gives_findings_and_no_error(endpoint: Endpoint, document: JsonValue, status: int) -> None:
    for finding in (*all_findings(endpoint, document), *CONTRACT.response_findings(endpoint, status, document)):
        assert finding.basis in ("contract", "promise")
        assert finding.message


@given(ENDPOINTS, DOCUMENTS)
def test_every_pointer_resolves_unless_it_names_what_is_missing(endpoint: Endpoint, document: JsonValue) -> None:
    for finding in all_findings(endpoint, document):
        assert resolves(document, finding.pointer) or finding.code == "contract.missing-field"


@given(st.sampled_from(SHOWN), TEXTS, DOCUMENTS, st.data())
def test_a_field_planted_anywhere_in_a_sample_is_found(
    endpoint: Endpoint, key: str, value: object, data: st.DataObject
) -> None:
    document = copy.deepcopy(REQUESTS[endpoint.name])
    before = set(CONTRACT.request_findings(endpoint, document))
    objects = [(path, found) for path, found in containers(document) if isinstance(found, dict)]
    path, target = data.draw(st.sampled_from(objects))
    planted = key if key not in DOCUMENTED_KEYS else f"{key}_"
    target[planted] = value
    after = set(CONTRACT.request_findings(endpoint, document))
    (finding,) = {each for each in after - before if each.pointer == json_pointer((*path, planted))}
    assert finding.code == "contract.undocumented-field"


@given(st.sampled_from(SHOWN), st.sampled_from(["value", "key", "inside"]), st.data())
def test_a_secret_planted_anywhere_in_a_sample_is_found_and_not_shown(
    endpoint: Endpoint, how: str, data: st.DataObject
) -> None:
    document = copy.deepcopy(REQUESTS[endpoint.name])
    _, target = data.draw(st.sampled_from(containers(document)))
    planted: Any = {"key": {SECRET: 1}, "inside": f"<{SECRET}>"}.get(how, SECRET)
    if isinstance(target, list):
        target.insert(data.draw(st.integers(0, len(target))), planted)
    else:
        target["planted"] = planted
    context = InspectionContext(endpoint, CONTRACT.documented_names(endpoint), lambda text: SECRET in text)
    findings = inspect(document, context).findings
    assert "promise.license-misplaced" in {finding.code for finding in findings}
    assert not any(SECRET in finding.pointer + finding.message for finding in findings)


@given(ENDPOINTS, DOCUMENTS)
def test_messages_are_made_of_the_contract_and_never_of_the_payload(endpoint: Endpoint, document: JsonValue) -> None:
    marked = {"marker-7f3a": [document, "marker-7f3a"], **(document if isinstance(document, dict) else {})}
    assert not any("marker-7f3a" in finding.message for finding in all_findings(endpoint, marked))


@given(ENDPOINTS, DOCUMENTS)
def test_checking_changes_nothing_and_gives_the_same_again(endpoint: Endpoint, document: JsonValue) -> None:
    untouched = copy.deepcopy(document)
    assert all_findings(endpoint, document) == all_findings(endpoint, document)
    assert document == untouched


def keys_of(document: Any) -> set[str]:
    return {key for _, found in containers(document) if isinstance(found, dict) for key in found}


DOCUMENTED_KEYS = frozenset[str]().union(*(keys_of(document) for document in REQUESTS.values()))


@pytest.mark.parametrize("name", REQUESTS)
def test_samples_are_what_the_properties_start_from(name: str) -> None:
    endpoint = CONTRACT.endpoint(name)
    assert endpoint is not None
    assert {finding.code for finding in all_findings(endpoint, REQUESTS[name])} <= {"contract.otlp-invalid"}
