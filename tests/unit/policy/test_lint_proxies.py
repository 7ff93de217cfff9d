"""Lint finds proxy variables that do not bring traffic for Beacon to the proxy."""

from pathlib import Path

import pytest

from beacon_audit.cli.langsmith_values import values_yaml
from beacon_audit.policy.lint import Surroundings, advise_langsmith_config, lint_langsmith_config

HOSTS = ("beacon.langchain.com", "eu.beacon.langchain.com")
PROXY = "http://beacon-audit:8080"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "values.yaml"


def problems(config: Path, **variables: str) -> list[str]:
    items = "".join(f'  - {{name: {name}, value: "{value}"}}\n' for name, value in variables.items())
    config.write_text(f"commonEnv:\n{items}")
    return [str(problem) for problem in lint_langsmith_config(config, Surroundings(HOSTS))]


@pytest.mark.parametrize("name", ["ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"])
def test_variable_that_not_every_client_reads_is_found_when_it_stands_alone(config: Path, name: str) -> None:
    (problem,) = problems(config, **{name: PROXY})
    assert f":2:{len(f'  - {{name: {name}, value: ') + 1}: expected HTTPS_PROXY, got {name} only" in problem
    assert problems(config, **{name: PROXY, "HTTPS_PROXY": PROXY}) == []
    assert problems(config, **{name: PROXY, "https_proxy": PROXY}) == []


@pytest.mark.parametrize(
    "value",
    [
        "beacon.langchain.com", "localhost,.langchain.com", "langchain.com", " .svc , Beacon.LangChain.com", "*",
        "*.langchain.com", ".com", "eu.beacon.langchain.com",
    ],
)  # fmt: skip
def test_exception_that_covers_beacon_leads_past_the_proxy(config: Path, value: str) -> None:
    (problem,) = problems(config, HTTPS_PROXY=PROXY, NO_PROXY=value)
    assert "expected no entry in NO_PROXY that covers" in problem


@pytest.mark.parametrize("value", ["localhost,127.0.0.1,.svc", "notlangchain.com", "api.langchain.com", "", ","])
def test_exception_for_another_place_is_fine(config: Path, value: str) -> None:
    assert problems(config, HTTPS_PROXY=PROXY, no_proxy=value) == []


@pytest.mark.parametrize(
    "text", [f"HTTPS_PROXY: {PROXY}", f"config: {{https_proxy: {PROXY}}}", "config: {NO_PROXY: x}"]
)
def test_variable_outside_of_the_environment_sets_nothing(config: Path, text: str) -> None:
    config.write_text(text)
    (problem,) = lint_langsmith_config(config)
    assert "in the list commonEnv, got it here" in problem.message


def test_clients_that_ignore_the_variable_are_advice_and_no_problem(config: Path) -> None:
    assert problems(config, HTTPS_PROXY=PROXY) == []
    (advice,) = advise_langsmith_config(config)
    assert advice.line == 2
    assert "some clients ignore HTTPS_PROXY" in advice.message
    assert "--mode reverse" in advice.message


def test_values_that_init_hands_out_have_no_problem_and_that_one_piece_of_advice(config: Path) -> None:
    config.write_text(values_yaml())
    assert lint_langsmith_config(config, Surroundings(HOSTS)) == ()
    (advice,) = advise_langsmith_config(config)
    assert "some clients ignore HTTPS_PROXY" in advice.message


def test_password_in_a_proxy_url_is_not_repeated(config: Path) -> None:
    found = problems(config, ALL_PROXY="http://user:s3cret@proxy:1", NO_PROXY="langchain.com")
    assert len(found) == 2
    assert "s3cret" not in "".join(found)
