"""Which values are learned as secrets, and where one may stand."""

import pytest

from beacon_audit.contracts import load_contract
from beacon_audit.exchange.secrets import (
    LICENSE_HEADER,
    MOST_SECRETS,
    Learned,
    learn_from_response,
    misplaced_in_head,
)
from beacon_audit.model.pointer import pointer_tokens, value_at
from beacon_audit.redaction import SecretRegistry, Tokens
from harness.messages import request_to
from harness.violations import LICENSE

CONTRACT = load_contract("langsmith-beacon/2026-08")
TRACES = CONTRACT.endpoint("telemetry-traces")
VERIFY = CONTRACT.endpoint("license-verify")
TOKENS = Tokens(b"k" * 32)
SECRET = "eyJhbGciOiJub25lIn0.made-up.0123456789"


@pytest.fixture
def registry() -> SecretRegistry:
    return SecretRegistry(TOKENS)


@pytest.mark.parametrize(
    ("pointer", "value"),
    [("", {"a": [1, {"b/c": 2}]}), ("/a/0", 1), ("/a/1/b~1c", 2), ("/a/2", None), ("/a/x", None), ("/a/0/b", None)],
)
def test_pointer_finds_its_value_or_nothing(pointer: str, value: object) -> None:
    assert value_at({"a": [1, {"b/c": 2}]}, pointer_tokens(pointer)) == value


@pytest.mark.parametrize(
    ("header", "value"),
    [
        (LICENSE_HEADER, SECRET),
        ("x-data-plane-auth", SECRET),
        ("authorization", f"Bearer {SECRET}"),
        ("authorization", f"bearer {SECRET}"),
        ("authorization", f"Basic  {SECRET}"),
        ("authorization", SECRET),
        ("authorization", f"Bearer\t{SECRET}"),
        ("authorization", f'Token token="x", {SECRET}'),
        ("authorization", f"{SECRET} and more"),
        ("proxy-authorization", f"Bearer {SECRET}"),
        ("proxy-authorization", SECRET),
        (LICENSE_HEADER, f'"{SECRET}"'),
        (LICENSE_HEADER, f"'{SECRET}' "),
        (LICENSE_HEADER, f"{SECRET}, other"),
        (LICENSE_HEADER, f'x,"another_of_them", "{SECRET}"'),
        ("x-data-plane-auth", f'"{SECRET}", "{SECRET}"'),
    ],
)
def test_secret_of_a_header_is_learned_without_its_scheme(registry: SecretRegistry, header: str, value: str) -> None:
    Learned().learn(registry, request_to("telemetry-traces", headers=[(header, value)]), TRACES, None)
    assert registry.contains(f"elsewhere: {SECRET}.")


def test_license_in_quotes_is_another_than_the_one_without(registry: SecretRegistry) -> None:
    learned = Learned()
    learned.learn(registry, request_to("telemetry-traces", headers=[(LICENSE_HEADER, f'"{LICENSE}"')]), TRACES, None)
    assert list(learned.licenses.values()) == [f'"{LICENSE}"', LICENSE]


def test_list_without_end_teaches_no_more_than_any_request(registry: SecretRegistry) -> None:
    learned = Learned()
    many = ",".join(f"lcl_number_{number}" for number in range(10_000))
    learned.learn(registry, request_to("telemetry-traces", headers=[(LICENSE_HEADER, many[:4000])]), TRACES, None)
    assert [finding.code for finding in learned.findings] == ["containment.too-many-secrets"]


def test_credentials_for_a_proxy_are_misplaced_in_a_request_to_beacon(registry: SecretRegistry) -> None:
    request = request_to("telemetry-traces", headers=[("proxy-authorization", f"Bearer {SECRET}")])
    Learned().learn(registry, request, TRACES, None)
    [finding] = misplaced_in_head(registry, request, TRACES)
    assert finding.code == "promise.license-misplaced"


def test_licenses_of_body_and_header_are_told_and_tokens_are_not(registry: SecretRegistry) -> None:
    headers = [(LICENSE_HEADER, "lcl_of_the_header"), ("x-data-plane-auth", SECRET)]
    learned = Learned()
    learned.learn(registry, request_to("license-verify", headers=headers), VERIFY, {"license": LICENSE})
    assert list(learned.licenses) == [TOKENS.token("license", "lcl_of_the_header"), TOKENS.token("license", LICENSE)]


@pytest.mark.parametrize("document", [None, [], {}, {"license": 5}, {"license": None}, {"license": ""}])
def test_body_without_a_license_teaches_nothing(registry: SecretRegistry, document: object) -> None:
    learned = Learned()
    learned.learn(registry, request_to("license-verify"), VERIFY, document)  # type: ignore[arg-type]
    assert (learned.licenses, learned.findings) == ({}, [])


def test_licenses_that_nobody_has_allowed_fill_nothing() -> None:
    registry = SecretRegistry(TOKENS, capacity=1)
    for number in range(100):
        learned = Learned()
        learned.learn(registry, request_to("license-verify"), VERIFY, {"license": f"{LICENSE}-{number}"})
        assert registry.contains(f"{LICENSE}-{number}")
        assert learned.findings == []
    registry.learn("lcl_the_first_of_them")


def test_license_that_cannot_be_kept_is_a_finding() -> None:
    registry = SecretRegistry(TOKENS, capacity=1)
    registry.learn("lcl_the_first_of_them")
    learned = Learned()
    learned.learn(registry, request_to("license-verify"), VERIFY, {"license": LICENSE})
    learned.keep(registry)
    assert [finding.code for finding in learned.findings] == ["containment.too-many-secrets"]


def test_license_that_is_kept_is_never_forgotten(registry: SecretRegistry) -> None:
    learned = Learned()
    learned.learn(registry, request_to("license-verify"), VERIFY, {"license": LICENSE})
    learned.keep(registry)
    for number in range(50):
        Learned().learn(registry, request_to("license-verify"), VERIFY, {"license": f"another_license_{number}"})
    assert registry.contains(LICENSE)


def test_more_secrets_than_a_request_can_have_are_a_finding_and_teach_no_more(registry: SecretRegistry) -> None:
    headers = [(LICENSE_HEADER, f"lcl_number_{number}") for number in range(MOST_SECRETS + 1)] * 2
    learned = Learned()
    learned.learn(registry, request_to("license-verify", headers=headers), VERIFY, {"license": "lcl_number_0"})
    assert [finding.code for finding in learned.findings] == ["containment.too-many-secrets"]
    assert len(learned.licenses) == MOST_SECRETS
    assert "lcl_" not in repr(learned)


def test_token_of_a_verification_is_learned(registry: SecretRegistry) -> None:
    assert VERIFY is not None
    learn_from_response(registry, VERIFY, {"token": SECRET})
    assert registry.contains(SECRET)


def test_license_in_its_documented_header_is_in_place(registry: SecretRegistry) -> None:
    registry.learn(LICENSE)
    request = request_to("telemetry-traces", headers=[(LICENSE_HEADER, LICENSE)])
    assert misplaced_in_head(registry, request, TRACES) == ()


@pytest.mark.parametrize(
    ("endpoint", "changes", "place"),
    [
        ("telemetry-traces", {"target": f"/v1/beacon/v1/traces?key={LICENSE}"}, "the request target"),
        ("telemetry-traces", {"headers": [("user-agent", f"agent/{LICENSE}")]}, "a request header"),
        ("telemetry-traces", {"headers": [(f"x-{LICENSE}", "1")]}, "a request header"),
        ("license-verify", {"headers": [(LICENSE_HEADER, LICENSE)]}, "a request header"),
    ],
)
def test_license_anywhere_else_in_the_head_is_misplaced(
    registry: SecretRegistry, endpoint: str, changes: dict[str, object], place: str
) -> None:
    registry.learn(LICENSE)
    [finding] = misplaced_in_head(registry, request_to(endpoint, **changes), CONTRACT.endpoint(endpoint))
    assert finding.code == "promise.license-misplaced"
    assert place in finding.message
    assert LICENSE not in finding.message
