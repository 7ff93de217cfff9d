"""A body, step by step: each step rests on the one before, and no sender can make one raise."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon_audit.contracts import load_contract
from beacon_audit.exchange.assess import Assessment, assess_body, verdict_of
from beacon_audit.model import Finding
from beacon_audit.policy import Limits
from harness.violations import LICENSE, PATHS, documented

CONTRACT = load_contract("langsmith-beacon/2026-08")
JSON = ("application/json",)


def assess(endpoint: str, body: bytes, *, types: tuple[str, ...] = JSON, encodings: tuple[str, ...] = ()) -> Assessment:
    found = CONTRACT.endpoint(endpoint)
    assert found is not None
    return assess_body(
        found,
        CONTRACT,
        content_types=types,
        content_encodings=encodings,
        body=body,
        limits=Limits(decoded_bytes=100_000, json_depth=20),
        contains_secret=lambda text: LICENSE in text,
    )


def codes(assessment: Assessment) -> list[str]:
    return [finding.code for finding in assessment.findings]


@pytest.mark.parametrize("endpoint", PATHS)
def test_documented_sample_is_documented_plain_and_compressed(endpoint: str) -> None:
    plain = assess(endpoint, documented(endpoint))
    packed = assess(endpoint, gzip.compress(documented(endpoint), mtime=0), encodings=("gzip",))
    assert (plain.verdict, packed.verdict) == ("documented", "documented")
    assert plain.document == packed.document


@pytest.mark.parametrize(
    ("body", "types", "encodings", "code", "verdict"),
    [
        (b"", JSON, (), "wire.json-invalid", "malformed"),
        (b"{]", JSON, (), "wire.json-invalid", "malformed"),
        (b"[" * 21 + b"]" * 21, JSON, (), "wire.json-depth", "malformed"),
        (b"\xef\xbb\xbf{}", JSON, (), "wire.bom", "malformed"),
        (b"{}", JSON, ("gzip",), "wire.gzip-corrupt", "malformed"),
        (b"{}", JSON, ("br",), "wire.content-encoding", "malformed"),
        (gzip.compress(b" " * 100_001, mtime=0), JSON, ("gzip",), "wire.decoded-too-large", "malformed"),
        (b"{}", (), (), "wire.content-type", "malformed"),
        (b"{}", JSON * 2, (), "wire.content-type", "malformed"),
        (b"{}", ("application/x-protobuf",), (), "contract.undocumented-media-type", "undocumented"),
        (b"{}", JSON, (), "contract.missing-field", "undocumented"),
        (b"null", JSON, (), "contract.wrong-type", "undocumented"),
    ],
)
def test_fault_is_found_where_it_is(
    body: bytes, types: tuple[str, ...], encodings: tuple[str, ...], code: str, verdict: str
) -> None:
    assessment = assess("license-verify", body, types=types, encodings=encodings)
    assert code in codes(assessment)
    assert assessment.verdict == verdict


@pytest.mark.parametrize(
    ("says", "encodings", "body", "looks"),
    [
        ("application/json", (), gzip.compress(b"{}", mtime=0), "says JSON, but the bytes look like gzip"),
        ("application/json", (), zlib.compress(b"{}"), "says JSON, but the bytes look like zlib (deflate)"),
        ("application/json", (), b"\x0a\x02\x12\x00", "says JSON, but the bytes look like protobuf"),
        ("application/json", (), b"<a/>", "says JSON, but the bytes look like XML or HTML"),
        ("application/json", (), b"license=made-up", "says JSON, but the bytes look like a form"),
        ("application/json", (), '{"a":1}'.encode("utf-16"), "says JSON, but the bytes look like UTF-16"),
        ("application/json", (), '{"a":1}'.encode("utf-16-le"), "says JSON, but the bytes look like UTF-16"),
        (
            "application/json",
            ("gzip",),
            gzip.compress(gzip.compress(b"{}", mtime=0), mtime=0),
            "says JSON, but the bytes look like gzip",
        ),
        ("application/json", ("gzip",), b"{}", "says gzip, but the bytes look like JSON"),
        ("application/json", ("gzip",), zlib.compress(b"{}"), "says gzip, but the bytes look like zlib (deflate)"),
        ("application/x-protobuf", (), b'{"resourceMetrics":[]}', "says protobuf, but the bytes look like JSON"),
        (
            "application/x-protobuf",
            (),
            gzip.compress(b"\x0a\x00", mtime=0),
            "says protobuf, but the bytes look like gzip",
        ),
        ("application/json", (), b'\t{"a":[]}', "a body both as JSON and as protobuf"),
        ("application/x-protobuf", (), b'\t{"a":[]}', "a body both as JSON and as protobuf"),
    ],
)
def test_body_that_is_not_what_it_says_is_named_for_what_it_looks_like(
    says: str, encodings: tuple[str, ...], body: bytes, looks: str
) -> None:
    assessment = assess("telemetry-metrics", body, types=(says,), encodings=encodings)
    (finding,) = [finding for finding in assessment.findings if finding.code == "wire.unlike-header"]
    assert looks in finding.message
    assert assessment.verdict == "malformed"


@pytest.mark.parametrize(
    "body", [b"{]", b"[NaN]", b'{"a":1}x', b"{} //", b"\xef\xbb\xbf{}", b"{'a':1}", b'{"\xff":1}', b""]
)
def test_body_that_is_bad_json_is_not_said_to_be_something_else(body: bytes) -> None:
    assert "wire.unlike-header" not in codes(assess("license-verify", body))


def test_null_is_a_document_and_garbage_is_none() -> None:
    assert assess("license-verify", b"null").parsed
    assert not assess("license-verify", b"nul").parsed


def test_body_in_another_media_type_is_not_read_as_json() -> None:
    assessment = assess("license-verify", documented("license-verify"), types=("application/x-protobuf",))
    assert (assessment.parsed, assessment.document) == (False, None)


def test_secrets_are_learned_before_they_are_looked_for() -> None:
    order: list[str] = []
    endpoint = CONTRACT.endpoint("telemetry-traces")
    assert endpoint is not None

    def contains(_: str) -> bool:
        order.append("looked")
        return False

    assess_body(
        endpoint,
        CONTRACT,
        content_types=JSON,
        content_encodings=(),
        body=documented("telemetry-traces"),
        limits=Limits(),
        contains_secret=contains,
        learn=lambda _: order.append("learned"),
    )
    assert order[0] == "learned"
    assert "looked" in order


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ((), "documented"),
        (("promise.license-misplaced",), "documented"),
        (("contract.otlp-invalid",), "documented"),
        (("contract.otlp-structure",), "otlp"),
        (("contract.otlp-structure", "contract.wrong-type"), "undocumented"),
        (("contract.wrong-type", "wire.duplicate-key"), "malformed"),
    ],
)
def test_worst_finding_gives_the_verdict(found: tuple[str, ...], verdict: str) -> None:
    assert verdict_of([Finding(code, "", "found") for code in found]) == verdict


@given(st.binary(max_size=200), st.lists(st.text(max_size=12), max_size=2), st.lists(st.text(max_size=12), max_size=2))
def test_nothing_that_is_sent_makes_it_raise(body: bytes, types: list[str], encodings: list[str]) -> None:
    assess("telemetry-metrics", body, types=tuple(types), encodings=tuple(encodings))
    assess("telemetry-metrics", body)
