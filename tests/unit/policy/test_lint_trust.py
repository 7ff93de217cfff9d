"""Lint finds a customCa that cannot make LangSmith trust the proxy."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from beacon_audit.cli.langsmith_values import BUNDLE as BUNDLE_OF_INIT
from beacon_audit.home.authority import create_authority
from beacon_audit.policy.lint import Surroundings, advise_langsmith_config, lint_langsmith_config
from beacon_audit.policy.lint_trust import BUNDLE

OURS = create_authority(["beacon.langchain.com"], now=datetime.now(UTC)).certificate
OTHER = create_authority(["beacon.langchain.com"], now=datetime.now(UTC)).certificate
REQUESTS = '{name: REQUESTS_CA_BUNDLE, value: "/etc/ssl/certs/custom-ca-certificates.crt"}'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "values.yaml"


def custom_ca(key: str, *variables: str) -> str:
    return f"config:\n  customCa: {{secretName: corp, secretKey: {key}}}\ncommonEnv: [{', '.join(variables)}]\n"


def problems(config: Path, text: str, bundle: bytes | None = None) -> list[str]:
    config.write_text(text)
    around = Surroundings(authority=OURS, bundle=None if bundle is None else ("bundle.crt", bundle))
    return [str(problem) for problem in lint_langsmith_config(config, around)]


def test_bundle_is_called_as_init_calls_it() -> None:
    assert BUNDLE == BUNDLE_OF_INIT


def test_secret_with_another_key_is_taken_not_to_have_our_ca(config: Path) -> None:
    (problem,) = problems(config, custom_ca("corp-root.crt", REQUESTS))
    assert ":2:13: expected the bundle that init describes (ca-bundle.crt)" in problem


def test_secret_with_the_bundle_of_init_is_fine(config: Path) -> None:
    assert problems(config, custom_ca(BUNDLE, REQUESTS)) == []
    assert advise_langsmith_config(config) == ()


@pytest.mark.parametrize("key", [BUNDLE, "corp-root.crt"])
@pytest.mark.parametrize(
    ("bundle", "said"),
    [
        (OURS + OTHER, None),
        (OTHER + OURS, None),
        (OTHER, "expected the CA of this home in bundle.crt, got other certificates only"),
        (OURS, "expected the public roots beside the proxy's CA in bundle.crt"),
        (b"text", "expected PEM certificates in bundle.crt, got a file without any"),
        (b"", "expected PEM certificates in bundle.crt, got a file without any"),
    ],
)
def test_bundle_that_is_given_is_looked_into_whatever_its_name(
    config: Path, key: str, bundle: bytes, said: str | None
) -> None:
    found = problems(config, custom_ca(key, REQUESTS), bundle)
    assert [said in problem for problem in found if said] == ([True] if said else [])
    assert len(found) == (said is not None)


def test_variable_that_the_chart_sets_too_makes_it_fail(config: Path) -> None:
    (problem,) = problems(config, custom_ca(BUNDLE, REQUESTS, "{name: SSL_CERT_FILE, value: /x}"))
    assert "expected no SSL_CERT_FILE in commonEnv beside config.customCa" in problem


@pytest.mark.parametrize(
    ("given", "text"), [("secretName", "{secretName: x}"), ("secretKey", '{secretKey: x, secretName: ""}')]
)
def test_half_a_custom_ca_is_ignored_by_the_chart(config: Path, given: str, text: str) -> None:
    (problem,) = problems(config, f"config: {{customCa: {text}}}")
    assert f"expected both secretName and secretKey in config.customCa, got {given} only" in problem


def test_custom_ca_at_the_top_level_is_read_by_nothing(config: Path) -> None:
    (problem,) = problems(config, f"customCa: {{secretName: x, secretKey: {BUNDLE}}}")
    assert "expected config.customCa, got customCa at the top level" in problem


@pytest.mark.parametrize(
    "text", ["config: {customCa: {}}", 'config: {customCa: {secretName: "", secretKey: ""}}', "config:"]
)
def test_custom_ca_that_is_not_used_is_nobodys_concern(config: Path, text: str) -> None:
    assert problems(config, text) == []


def test_requests_does_not_read_what_the_chart_sets_which_is_advice(config: Path) -> None:
    assert problems(config, custom_ca(BUNDLE)) == []
    (advice,) = advise_langsmith_config(config)
    assert "sets SSL_CERT_FILE only" in advice.message
    assert "REQUESTS_CA_BUNDLE" in advice.message
