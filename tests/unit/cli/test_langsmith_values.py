"""The values for LangSmith's chart say what the chart needs, in YAML and as data alike."""

from pathlib import Path

import yaml

from beacon_audit.cli.langsmith_values import helm_values, render_instructions, values_yaml
from beacon_audit.home import Home

HOSTS = ("beacon.langchain.com",)


def test_commented_yaml_and_data_are_the_same_values() -> None:
    assert yaml.safe_load(values_yaml()) == helm_values()


def test_environment_is_a_list_of_names_and_string_values() -> None:
    environment = helm_values()["commonEnv"]
    assert isinstance(environment, list)
    assert [item["name"] for item in environment] == [
        "HTTPS_PROXY",
        "NO_PROXY",
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
        "NODE_EXTRA_CA_CERTS",
    ]
    assert all(item.keys() == {"name", "value"} and isinstance(item["value"], str) for item in environment)


def test_no_variable_is_given_twice_as_the_chart_refuses_that() -> None:
    # config.customCa would add SSL_CERT_FILE a second time.
    assert "config" not in helm_values()
    assert "config.customCa: leave it unset" in values_yaml()


def test_instructions_name_the_ca_the_key_and_the_clients_that_ignore_the_proxy_setting() -> None:
    home = Home(Path("/srv/beacon-audit"))
    text = render_instructions(home, HOSTS)
    assert str(home.ca_certificate) in text
    assert str(home.trail_vkey) in text
    assert values_yaml() in text
    assert "beacon.langchain.com resolve to the proxy" in text
    assert "--mode reverse" in text


def test_private_files_are_not_among_what_is_handed_over() -> None:
    home = Home(Path("/srv/beacon-audit"))
    text = render_instructions(home, HOSTS)
    assert not any(str(path) in text for path in home.private_files)
