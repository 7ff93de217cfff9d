"""A body over OTLP, in both of its encodings."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format

from beacon_audit.contracts import Contract, load_contract
from beacon_audit.exchange.assess import Assessment, assess_body
from beacon_audit.policy import Limits, decide
from beacon_audit.policy.document import Strictness
from harness.documented_protobuf import NO_HEX, NOT_SAID, SIGNALS, documented_protobuf, expressible, notes, sample
from harness.otlp_messages import to_json, to_protobuf
from harness.policies import policy_with
from harness.protobuf_bytes import attribute, chunk, number, trace

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
EXAMPLES = Path(__file__).parents[2] / "vectors" / "opentelemetry-proto"
SAMPLES = [(edition, signal) for edition, signals in SIGNALS.items() for signal in signals]
LATEST = load_contract("langsmith-beacon/2026-08")
STRICTNESSES: tuple[Strictness, ...] = ("lenient", "standard", "strict")


def assess(
    signal: str, body: bytes, media_type: str = PROTOBUF, contract: Contract = LATEST, *, gzipped: bool = False
) -> Assessment:
    endpoint = contract.endpoint(f"telemetry-{signal}")
    assert endpoint is not None
    return assess_body(
        endpoint,
        contract,
        content_types=(media_type,),
        content_encodings=("gzip",) if gzipped else (),
        body=gzip.compress(body) if gzipped else body,
        limits=Limits(),
        contains_secret=lambda text: "lcl_secret" in text,
    )


def found(assessment: Assessment) -> list[tuple[str, str]]:
    return [(finding.code, finding.pointer) for finding in assessment.findings]


@pytest.mark.parametrize("gzipped", [False, True])
@pytest.mark.parametrize(("edition", "signal"), SAMPLES)
def test_documented_sample_in_protobuf_is_documented_with_its_notes(edition: str, signal: str, gzipped: bool) -> None:
    contract = load_contract(edition)
    assessment = assess(signal, documented_protobuf(edition, signal), contract=contract, gzipped=gzipped)
    assert (assessment.verdict, found(assessment)) == ("documented", notes(edition, signal))
    for strictness in STRICTNESSES:
        policy = policy_with(strictness=strictness)
        decision = decide(policy, contract.endpoint(f"telemetry-{signal}"), assessment.findings, licenses=())
        assert (decision.action, decision.alert) == ("allowed", False)
        assert {disposition for _, disposition in decision.dispositions} <= {"note"}


@pytest.mark.parametrize(("edition", "signal"), SAMPLES)
def test_documented_sample_says_the_same_in_protobuf(edition: str, signal: str) -> None:
    contract = load_contract(edition)
    plain = assess(signal, to_json(expressible(edition, signal)), JSON, contract)
    assert found(plain) == found(assess(signal, documented_protobuf(edition, signal), contract=contract))


def test_what_protobuf_cannot_say_of_the_samples() -> None:
    """Everything else it says: the samples are changed in three places, and each is one that has a note."""
    for edition, signal in SAMPLES:
        plain = found(assess(signal, to_json(sample(edition, signal)), JSON, load_contract(edition)))
        assert {pointer for _, pointer in plain} - {pointer for _, pointer in notes(edition, signal)} <= NOT_SAID
    with pytest.raises(ValueError, match="non-hexadecimal"):
        to_protobuf(sample("langsmith-beacon/2025-10", "traces"), "traces")
    assert NO_HEX in str(sample("langsmith-beacon/2025-10", "traces"))
    with pytest.raises(json_format.ParseError, match="aggregationTemporality"):
        to_protobuf(sample("langsmith-beacon/2025-10", "metrics"), "metrics")


@pytest.mark.parametrize(
    ("file", "signal", "bounded"),
    [
        ("trace", "traces", []),
        ("metrics", "metrics", []),
        ("logs", "logs", []),
        # Valid as it is: OTLP has no bound for it. The documentation shows one word.
        ("events", "logs", [("contract.wrong-value", "/resourceLogs/0/scopeLogs/0/logRecords/0/severityText")]),
    ],
)
def test_example_of_the_protocol_is_valid_and_undocumented_by_its_names(
    file: str, signal: str, bounded: list[tuple[str, str]]
) -> None:
    document = json.loads((EXAMPLES / f"{file}.json").read_bytes())
    assessment = assess(signal, to_json(document), JSON)
    of_contract = [each for each in found(assessment) if each[0].startswith(("contract.", "wire."))]
    new = [each for each in of_contract if each[0].startswith("contract.new-")]
    assert new
    assert {code for code, _ in of_contract} - {code for code, _ in (*new, *bounded)} == {"contract.otlp-structure"}
    assert [each for each in of_contract if each[0] == "contract.wrong-value"] == bounded
    # Ids in capitals are the only difference: bytes have none.
    ids = {each for each in found(assessment) if each[1].endswith(("/traceId", "/spanId", "/parentSpanId"))}
    assert set(found(assessment)) - set(found(assess(signal, to_protobuf(document, signal)))) <= ids
    assert set(found(assess(signal, to_protobuf(document, signal)))) <= set(found(assessment))


def test_protobuf_that_says_json_and_json_that_says_protobuf_are_malformed() -> None:
    assert assess("traces", documented_protobuf("langsmith-beacon/2026-08", "traces"), JSON).verdict == "malformed"
    assert assess("traces", to_json(sample("langsmith-beacon/2026-08", "traces")), PROTOBUF).verdict == "malformed"


def test_empty_body_is_a_message_without_what_every_sample_has() -> None:
    assert found(assess("traces", b"")) == [("contract.missing-field", "/resourceSpans")]
    assert found(assess("traces", b"{}", JSON)) == found(assess("traces", b'{"resourceSpans": []}', JSON))
    assert found(assess("traces", b"{}", JSON)) == [("contract.missing-field", "/resourceSpans")]


def test_unknown_field_is_malformed_and_undocumented_and_its_text_is_inspected() -> None:
    assessment = assess("traces", trace(chunk(99, "lcl_secret")))
    pointer = "/resourceSpans/0/scopeSpans/0/spans/0/field:99"
    assert assessment.verdict == "malformed"
    assert {("wire.protobuf-unknown-field", pointer), ("contract.undocumented-field", pointer)} <= set(
        found(assessment)
    )
    assert "promise.license-misplaced" in {code for code, _ in found(assessment)}


@pytest.mark.parametrize(
    "fields",
    [
        [chunk(5, "lcl_secret"), chunk(5, "process_request")],
        [chunk(9, attribute("lcl_secret", "v"))],
        [chunk(9, chunk(1, "k"), chunk(2, chunk(7, "lcl_secret")), chunk(2, chunk(1, "shown")))],
        [number(5, 1), chunk(6, "lcl_secret")],
        [chunk(5, b"\xfflcl_secret")],
        [chunk(9, chunk(1, "k"), chunk(2, chunk(1, "lcl_secret"), number(3, 1)))],
    ],
)
def test_text_that_parsers_hide_is_inspected(fields: list[bytes]) -> None:
    assessment = assess("traces", trace(*fields))
    document = json.dumps(assessment.document)
    assert "lcl_secret" in document or "bGNsX3NlY3JldA" in document
    if "lcl_secret" in document:
        assert "promise.license-misplaced" in {code for code, _ in found(assessment)}


def change(document: Any, old: str, new: str) -> bytes:
    return json.dumps(document).replace(f'"{old}"', f'"{new}"').encode()


@pytest.mark.parametrize(
    ("name", "alias", "pointer"),
    [
        ("resourceSpans", "resource_spans", "/resource_spans"),
        ("scopeSpans", "scope_spans", "/resourceSpans/0/scope_spans"),
        ("stringValue", "string_value", "/resourceSpans/0/resource/attributes/0/value/string_value"),
        ("spanId", "span_\\u0069d", "/resourceSpans/0/scopeSpans/0/spans/0/span_id"),
        ("spanId", "span\\u005fid", "/resourceSpans/0/scopeSpans/0/spans/0/span_id"),
    ],
)
def test_other_name_of_a_field_is_found(name: str, alias: str, pointer: str) -> None:
    body = change(sample("langsmith-beacon/2026-08", "traces"), name, alias)
    assert ("wire.json-alias", pointer) in found(assess("traces", body, JSON))


def test_field_under_both_of_its_names_is_a_duplicate() -> None:
    document = sample("langsmith-beacon/2026-08", "traces")
    span = document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    span["trace_id"] = "ab" * 16
    pointer = "/resourceSpans/0/scopeSpans/0/spans/0/trace_id"
    codes = {code for code, at in found(assess("traces", to_json(document), JSON)) if at == pointer}
    assert {"wire.json-alias", "wire.duplicate-key"} <= codes


@pytest.mark.parametrize("text", ["trace_id", '"trace_id":', "span_id: x", "a\\u005fb"])
def test_alias_as_a_value_is_a_text_like_any_other(text: str) -> None:
    document = sample("langsmith-beacon/2026-08", "traces")
    document["resourceSpans"][0]["resource"]["attributes"][0]["value"]["stringValue"] = text
    assert "wire.json-alias" not in {code for code, _ in found(assess("traces", to_json(document), JSON))}


def test_alias_where_the_message_has_no_such_field_is_only_undocumented() -> None:
    document = sample("langsmith-beacon/2026-08", "traces")
    document["resourceSpans"][0]["trace_id"] = "x"
    here = [code for code, at in found(assess("traces", to_json(document), JSON)) if at.endswith("/trace_id")]
    assert here == ["contract.undocumented-field"]
