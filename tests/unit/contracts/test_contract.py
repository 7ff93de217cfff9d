"""Which requests are documented, and what is said of those that are not."""

from typing import Any

import pytest

from beacon_audit.contracts import Contract
from beacon_audit.errors import ContractError
from beacon_audit.model import Endpoint
from beacon_audit.model.json_value import JsonValue

PATHS = {
    "license-verify": "/v1/beacon/verify",
    "usage-ingest": "/v1/beacon/ingest-traces",
    "telemetry-metrics": "/v1/beacon/v1/metrics",
    "telemetry-traces": "/v1/beacon/v1/traces",
}


@pytest.fixture
def edition() -> str:
    return "langsmith-beacon/2025-10"


def named(contract: Contract, name: str) -> Endpoint:
    endpoint = contract.endpoint(name)
    assert endpoint is not None
    return endpoint


def test_edition_names_one_host_and_port(contract: Contract) -> None:
    assert (contract.name, contract.hosts, contract.port) == (
        "langsmith-beacon/2025-10",
        ("beacon.langchain.com",),
        443,
    )


@pytest.mark.parametrize(("name", "path"), PATHS.items())
def test_documented_method_and_path_match(contract: Contract, name: str, path: str) -> None:
    assert contract.match("POST", path) == contract.endpoint(name)


@pytest.mark.parametrize("method", ["GET", "post", "Post", "PUT", "POST ", ""])
def test_other_methods_do_not_match(contract: Contract, method: str) -> None:
    assert contract.match(method, "/v1/beacon/verify") is None


@pytest.mark.parametrize(
    "path",
    [
        "/v1/beacon/verify/", "/v1/beacon/Verify", "//v1/beacon/verify", "/v1/beacon/./verify", "/v1/beacon%2Fverify",
        "/v1/beacon/verify?x=1", "/v1/beacon/verif%79", "v1/beacon/verify", "/", "", "*", "/v1/beacon/verify;x",
    ],
)  # fmt: skip
def test_path_is_matched_as_it_is_without_normalising(contract: Contract, path: str) -> None:
    assert contract.match("POST", path) is None


def test_billing_has_no_switch_and_telemetry_names_its_setting(contract: Contract) -> None:
    facts = {e.name: (e.traffic_class, e.switch, e.setting, e.otlp) for e in contract.endpoints}
    assert facts == {
        "license-verify": ("billing", None, None, None),
        "usage-ingest": ("billing", None, None, None),
        "telemetry-metrics": ("operational", "metrics", "config.telemetry.metrics", "metrics"),
        "telemetry-traces": ("operational", "traces", "config.telemetry.traces", "traces"),
    }


def test_places_of_secrets_are_documented(contract: Contract) -> None:
    assert {
        e.name: (e.license_pointers, e.license_headers, e.response_secret_pointers) for e in contract.endpoints
    } == {
        "license-verify": (("/license",), (), ("/token",)),
        "usage-ingest": (("/license",), (), ()),
        "telemetry-metrics": ((), ("x-langchain-license-key",), ()),
        "telemetry-traces": ((), ("x-langchain-license-key",), ()),
    }


@pytest.mark.parametrize(
    ("method", "path", "reason"),
    [
        ("GET", "/v1/beacon/verify", "expected POST at this documented path"),
        ("POST", "/v1/beacon/v1/logs", "a later edition does"),
        ("POST", "/v1/beacon/usage-snapshot", "a later edition does"),
        ("POST", "/v1/beacon/metadata/submit", "no edition documents it"),
        ("POST", "/intelligence", "uploads content"),
        ("PUT", "/intelligence/v1/any/thing", "uploads content"),
        ("POST", "/intelligences", "unknown path"),
        ("POST", "/v1/beacon/verify/", "unknown path"),
        ("POST", "/", "unknown path"),
    ],
)
def test_refused_place_is_explained(contract: Contract, method: str, path: str, reason: str) -> None:
    finding = contract.undocumented(method, path)
    assert (finding.code, finding.pointer) == ("contract.undocumented-endpoint", "")
    assert reason in finding.message


def test_explanation_quotes_neither_method_nor_path_of_the_sender(contract: Contract) -> None:
    for method, path in [("LCL_KEY", "/v1/beacon/verify"), ("POST", "/lcl_key"), ("POST", "/intelligence/lcl_key")]:
        assert "lcl_key" not in contract.undocumented(method, path).message.lower()


@pytest.mark.parametrize("status", [204, 301, 403, 500, 101, 999])
def test_undocumented_status_is_a_finding_whatever_the_body(contract: Contract, status: int) -> None:
    bodies: tuple[JsonValue, ...] = (None, {"anything": 1}, "text")
    for body in bodies:
        (finding,) = contract.response_findings(named(contract, "license-verify"), status, body)
        assert (finding.code, finding.pointer) == ("contract.response-undocumented-status", "")
        assert str(status) in finding.message


def test_empty_answer_misses_what_is_documented_and_suits_otlp(contract: Contract) -> None:
    (finding,) = contract.response_findings(named(contract, "license-verify"), 200, None)
    assert (finding.code, finding.pointer) == ("contract.missing-field", "/token")
    assert contract.response_findings(named(contract, "telemetry-traces"), 200, None) == ()


def test_partial_success_of_otlp_is_an_answer_to_telemetry(contract: Contract) -> None:
    answer: Any = {"partialSuccess": {"rejectedSpans": "3", "errorMessage": "too old"}}
    assert contract.response_findings(named(contract, "telemetry-traces"), 200, answer) == ()
    (finding,) = contract.response_findings(named(contract, "telemetry-metrics"), 200, answer)
    assert (finding.code, finding.pointer) == ("contract.undocumented-field", "/partialSuccess/rejectedSpans")


def test_documented_names_are_those_of_the_endpoint(contract: Contract) -> None:
    metrics = contract.documented_names(named(contract, "telemetry-metrics"))
    assert metrics.scope_names == {"langsmith.metrics"}
    assert "request_size" not in metrics.attribute_keys
    assert contract.documented_names(named(contract, "license-verify")).attribute_keys == frozenset()


def test_endpoint_of_another_contract_is_an_error_of_ours(contract: Contract) -> None:
    stranger = Endpoint("elsewhere", "POST", "/", "billing", None, None, None, (), (), ())
    with pytest.raises(ContractError, match="has no endpoint elsewhere"):
        contract.request_findings(stranger, {})
    assert contract.endpoint("elsewhere") is None
