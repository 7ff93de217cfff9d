"""One message, two encodings: whatever is found in its JSON is found in its protobuf, and the other way round."""

from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from beacon_audit.contracts import load_contract
from beacon_audit.exchange.assess import Assessment, assess_body
from beacon_audit.policy import Limits
from beacon_audit.redaction import SecretRegistry, Tokens
from harness.otlp_messages import messages, text_places, to_document, to_json

CONTRACT = load_contract("langsmith-beacon/2026-08")
SLOW = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
SIGNALS = st.sampled_from(["traces", "metrics", "logs"])
SECRET = "lcl_3b1de6f0aa927c54d8e1"
REGISTRY = SecretRegistry(Tokens(bytes(32)))
REGISTRY.learn(SECRET, "license")


def assess(signal: str, body: bytes, media_type: str) -> Assessment:
    endpoint = CONTRACT.endpoint(f"telemetry-{signal}")
    assert endpoint is not None
    return assess_body(
        endpoint,
        CONTRACT,
        content_types=(media_type,),
        content_encodings=(),
        body=body,
        limits=Limits(),
        contains_secret=REGISTRY.contains,
    )


def summed_up(assessment: Assessment) -> tuple[str, list[Any]]:
    return assessment.verdict, sorted(assessment.findings)


@SLOW
@given(st.data(), SIGNALS)
def test_findings_do_not_depend_on_the_encoding(data: st.DataObject, signal: Any) -> None:
    message = data.draw(messages(signal))
    protobuf = summed_up(assess(signal, message.SerializeToString(), "application/x-protobuf"))
    assert summed_up(assess(signal, to_json(to_document(message)), "application/json")) == protobuf


@SLOW
@given(st.data(), SIGNALS)
def test_findings_do_not_depend_on_whether_defaults_are_written(data: st.DataObject, signal: Any) -> None:
    message = data.draw(messages(signal))
    left_out = assess(signal, to_json(to_document(message)), "application/json")
    written = assess(signal, to_json(to_document(message, written_defaults=True)), "application/json")
    assert contract_findings(written) == contract_findings(left_out)
    # A detector may point to a written default (``severityNumber: 0``) where it points to what lacks it.
    assert (written.verdict, {each.code for each in written.findings}) == (
        left_out.verdict,
        {each.code for each in left_out.findings},
    )


def contract_findings(assessment: Assessment) -> list[Any]:
    return sorted(each for each in assessment.findings if each.basis == "contract")


@SLOW
@given(st.data(), SIGNALS)
def test_secret_in_any_text_or_bytes_of_a_message_is_found_in_both_encodings(data: st.DataObject, signal: Any) -> None:
    message = data.draw(messages(signal))
    places = text_places(message)
    assume(places)
    put = data.draw(st.sampled_from(places))
    put(SECRET)
    for body, media_type in (
        (message.SerializeToString(), "application/x-protobuf"),
        (to_json(to_document(message)), "application/json"),
    ):
        codes = {finding.code for finding in assess(signal, body, media_type).findings}
        assert "promise.license-misplaced" in codes
