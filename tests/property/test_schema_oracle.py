"""Two engines, one verdict: what our schemas refuse is what JSON Schema refuses, by another's reading of it."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beacon_audit import contracts
from beacon_audit.contracts import load_contract
from beacon_audit.contracts.otlp_messages import otlp_request
from beacon_audit.contracts.schemas import SchemaSet
from beacon_audit.contracts.validation import DocumentSchema
from harness.schema_oracle import SchemaOracle

PACKAGE = Path(contracts.__file__).parent
EDITIONS = ("langsmith-beacon/2025-10", "langsmith-beacon/2026-08")
DIRECTORIES = {edition: PACKAGE / "editions" / edition for edition in EDITIONS} | {"otlp": PACKAGE / "otlp"}
ORACLES = {name: SchemaOracle(directory) for name, directory in DIRECTORIES.items()}
OURS = {name: SchemaSet(oracle.schemas) for name, oracle in ORACLES.items()}
EXPLAINING = {(name, file): OURS[name].validator(file) for name, oracle in ORACLES.items() for file in oracle.schemas}
SCHEMAS = [(name, file) for name, oracle in ORACLES.items() for file in oracle.schemas]
SAMPLES = {
    name: [json.loads(path.read_bytes()) for path in sorted((DIRECTORIES[name] / "samples").glob("*.request.json"))]
    for name in EDITIONS
}
SLOW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)

#: What stands at the edges of what schemas allow.
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([None, True, False, [], {}, [[]], [{}], "", "0", "x", "\n", "é", "NaN", "Infinity", "-Infinity"]),
    st.sampled_from([-1, 0, 1, 5.0, 0.0, -0.0, 1.5, 1e300, 2**31 - 1, 2**31, 2**32, 2**53, 2**63 - 1, 2**63, -(2**63)]),
    st.sampled_from([str(number) for number in (2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1)]),
    st.sampled_from(["0" * 16, "f" * 32, "0" * 31 + "1", "F" * 16, "3c191d03fa8be0", "0932ksdka12345", "QUJD", "QQ=="]),
    st.sampled_from(["2025-10-01T00:00:00Z", "2025-10-01T00:00:00.123456789+00:00", "2025-02-30T00:00:00+00:00"]),
    st.sampled_from(
        ["1f0e4a6e-9d9a-4c2b-8b7a-0123456789ab", "1F0E4A6E-9D9A-4C2B-8B7A-0123456789AB", "x" * 65, "a" * 5000]
    ),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
).map(copy.deepcopy)  # lists are changed in their new place


@st.composite
def mutated(draw: st.DrawFn, samples: list[Any]) -> Any:
    """A sample in which some values are others, are missing, stand twice or have company."""
    document = copy.deepcopy(draw(st.sampled_from(samples)))
    others = st.sampled_from([part for sample in samples for part in _parts(sample)])
    for _ in range(draw(st.integers(0, 3))):
        container = draw(st.sampled_from([part for part in _parts(document) if isinstance(part, dict | list)] or [[]]))
        if not container:
            continue
        key = draw(st.sampled_from(sorted(container) if isinstance(container, dict) else range(len(container))))
        how = draw(st.sampled_from(["replace", "replace", "spoil", "move", "remove", "add"]))
        if how == "replace":
            container[key] = draw(VALUES)
        elif how == "spoil" and isinstance(container[key], str):
            container[key] += draw(st.sampled_from(["\n", " ", "x", "\u0660", "\x00", "0"]))
        elif how == "move":
            container[key] = copy.deepcopy(draw(others))
        elif how == "remove":
            del container[key]
        elif isinstance(container, dict):
            container[draw(st.sampled_from(["odd", "key", "value", "license", "flags", "kind"]))] = draw(VALUES)
        else:
            container.append(copy.deepcopy(container[key]))
    return document


def _parts(document: Any) -> list[Any]:
    items = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    return [document, *(part for item in items for part in _parts(item))]


@pytest.mark.parametrize(("directory", "file"), SCHEMAS)
@SLOW
@given(data=st.data())
def test_both_engines_accept_and_refuse_the_same(directory: str, file: str, data: st.DataObject) -> None:
    samples = SAMPLES.get(directory) or SAMPLES["langsmith-beacon/2026-08"]
    ours = DocumentSchema(OURS[directory], file)
    document = data.draw(mutated(samples) | VALUES)
    accepted = ORACLES[directory].accepts(file, document)
    assert ours.accepts(document) == accepted
    assert any(EXPLAINING[directory, file].iter_errors(document)) == (not accepted)


@pytest.mark.parametrize("edition", EDITIONS)
@SLOW
@given(data=st.data())
def test_what_the_contract_finds_nothing_in_is_what_the_oracle_accepts(edition: str, data: st.DataObject) -> None:
    """With the two tiers of OTLP, where a member that holds its default is as if it were not there."""
    contract = load_contract(edition)
    documented = [each for each in contract.endpoints if each.status == "documented"]
    endpoint = data.draw(st.sampled_from(documented))
    document = data.draw(mutated(SAMPLES[edition]))
    meaning = otlp_request(endpoint.otlp).without_defaults(document) if endpoint.otlp else document
    accepted = ORACLES[edition].accepts(f"{endpoint.name}.request.schema.json", meaning)
    codes = {finding.code for finding in contract.request_findings(endpoint, document)} - {"contract.otlp-invalid"}
    assert (codes == set()) == accepted


def spoiled(value: Any) -> list[Any]:
    """``value`` as it may pass for itself."""
    if isinstance(value, str):
        return [f"{value}\n", f" {value}", f"{value}\u0660", value.upper(), ""]
    if isinstance(value, int) and not isinstance(value, bool):
        return [float(value), value + 0.5, -value - 1, str(value), True]
    return [[value], {"": value}, None]


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_value_of_every_sample_is_refused_by_both_or_by_none_when_it_is_spoiled(edition: str) -> None:
    contract = load_contract(edition)
    different = 0
    for name in [each.name for each in contract.endpoints if each.status == "documented"]:
        file = f"{name}.request.schema.json"
        ours = DocumentSchema(OURS[edition], file)
        document = json.loads((DIRECTORIES[edition] / "samples" / f"{name}.request.json").read_bytes())
        for container in [part for part in _parts(document) if isinstance(part, dict | list)]:
            for key in list(container) if isinstance(container, dict) else range(len(container)):
                kept = container[key]
                for value in spoiled(kept):
                    container[key] = value
                    accepted = ORACLES[edition].accepts(file, document)
                    assert ours.accepts(document) == accepted, (file, key, value)
                    different += not accepted
                container[key] = kept
    assert different > 100


def test_every_request_schema_of_both_editions_is_asked() -> None:
    asked = {file for name, file in SCHEMAS if name in EDITIONS and file.endswith(".request.schema.json")}
    assert len(asked) == 7
    assert len(SCHEMAS) > 25
