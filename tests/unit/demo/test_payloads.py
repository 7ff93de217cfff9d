"""The bodies of the demonstration: documented ones unchanged, hostile ones different in the one way they claim."""

import gzip
import json
import zlib

import pytest

from beacon_audit.contracts import load_contract
from beacon_audit.demo.payloads import EDITION, Payloads

KEY = "lcl_demo_made_up_key"
PAYLOADS = Payloads(KEY)
ENDPOINTS = (
    "license-verify",
    "usage-ingest",
    "telemetry-metrics",
    "telemetry-traces",
    "telemetry-logs",
    "usage-snapshot",
)


@pytest.mark.parametrize("name", ENDPOINTS)
def test_documented_body_is_documented(name: str) -> None:
    contract = load_contract(EDITION)
    endpoint = contract.endpoint(name)
    assert endpoint is not None
    findings = contract.request_findings(endpoint, json.loads(PAYLOADS.documented(name)))
    assert {finding.code for finding in findings} <= {"contract.otlp-invalid"}


@pytest.mark.parametrize("name", ["license-verify", "usage-ingest"])
def test_license_key_takes_the_place_of_the_placeholder(name: str) -> None:
    body = PAYLOADS.documented(name)
    assert json.loads(body)["license"] == KEY
    assert b"YOUR_LICENSE_KEY" not in body


def test_second_gzip_member_is_hidden_from_a_decoder_that_stops_after_the_first() -> None:
    body = PAYLOADS.with_second_member("telemetry-traces")
    decoder = zlib.decompressobj(31)
    assert decoder.decompress(body) == PAYLOADS.documented("telemetry-traces")
    assert b"smuggled" in gzip.decompress(decoder.unused_data)


def test_second_license_field_is_another_key_for_a_reader_that_takes_the_last() -> None:
    body = PAYLOADS.with_second_license()
    assert body.count(b'"license"') == 1
    assert json.loads(body) == {"license": "lcl_somebody_elses_key"}


def test_undocumented_field_is_the_only_difference() -> None:
    document = json.loads(PAYLOADS.with_undocumented_field())
    del document["hostname"]
    assert document == json.loads(PAYLOADS.documented("usage-ingest"))


def test_wrong_type_is_the_only_difference() -> None:
    document = json.loads(PAYLOADS.with_wrong_type())
    assert document["trace_transactions"][0].pop("trace_count") == "five"
    documented = json.loads(PAYLOADS.documented("usage-ingest"))
    del documented["trace_transactions"][0]["trace_count"]
    assert document == documented


def test_sensitive_values_are_what_the_span_attributes_carry() -> None:
    bodies = (PAYLOADS.with_license_in_span(), PAYLOADS.with_prompt_in_span())
    assert [secret.encode() in body for secret, body in zip(PAYLOADS.sensitive, bodies, strict=True)] == [True, True]
