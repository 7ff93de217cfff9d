"""What changes from one edition to another."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from beacon_audit.contracts.description import describe_contract
from beacon_audit.contracts.difference import contract_difference, is_empty
from beacon_audit.errors import ContractError

OLD, NEW = "langsmith-beacon/2025-10", "langsmith-beacon/2026-08"


@pytest.fixture
def edition() -> str:
    return NEW


@pytest.fixture
def own(tmp_path: Path, edition_path: Path) -> Path:
    """The newer edition as a contract of one's own, which a test may change."""
    directory = tmp_path / "own"
    shutil.copytree(edition_path, directory)
    change(directory / "endpoints.yaml", f"name: {NEW}", "name: own/1")
    return directory


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def difference(new: Path) -> dict[str, Any]:
    return contract_difference(describe_contract(NEW), describe_contract(str(new)))


def test_newer_edition_adds_hosts_and_endpoints_and_changes_none() -> None:
    found = contract_difference(describe_contract(OLD), describe_contract(NEW))
    assert (found["from"], found["to"]) == (OLD, NEW)
    assert found["hosts"] == {"added": ["eu.beacon.langchain.com", "apac.beacon.langchain.com"], "removed": []}
    assert [endpoint["name"] for endpoint in found["endpoints"]["added"]] == [
        "telemetry-logs", "usage-snapshot", "metadata-submit", "intelligence",
    ]  # fmt: skip
    assert found["endpoints"]["removed"] == found["endpoints"]["changed"] == []
    assert not is_empty(found)


def test_way_back_removes_what_the_way_there_adds() -> None:
    there = contract_difference(describe_contract(OLD), describe_contract(NEW))
    back = contract_difference(describe_contract(NEW), describe_contract(OLD))
    assert back["endpoints"]["removed"] == there["endpoints"]["added"]
    assert back["hosts"]["removed"] == there["hosts"]["added"]


def test_edition_does_not_differ_from_itself_nor_by_name_alone(own: Path) -> None:
    assert is_empty(contract_difference(describe_contract(NEW), describe_contract(NEW)))
    assert is_empty(difference(own))


def test_field_that_is_added_removed_or_changed_is_told_with_its_place(own: Path) -> None:
    schema = own / "usage-snapshot.request.schema.json"
    change(schema, '"prompt_pulls": ', '"tokens": ')
    change(schema, '"maximum": 9223372036854775807', '"maximum": 5')
    change(schema, "a count from 0 to 2^63-1", "a count from 0 to 5")
    (changed,) = difference(own)["endpoints"]["changed"]
    assert changed["name"] == "usage-snapshot"
    assert changed["attributes"] == changed["responses"] == {}
    request = changed["request"]
    assert [field["pointer"] for field in request["added"]] == ["/measures/tokens"]
    assert [field["pointer"] for field in request["removed"]] == ["/measures/prompt_pulls"]
    assert request["changed"]["/measures/users"] == {
        "description": {"from": "a count from 0 to 2^63-1", "to": "a count from 0 to 5"}
    }


def test_attribute_and_answer_that_change_are_told(own: Path) -> None:
    change(own / "endpoints.yaml", "setting: PHONE_HOME_USAGE_REPORTING_ENABLED", "setting: config.usage")
    change(own / "endpoints.yaml", '      "500": usage-snapshot.error.schema.json\n', "")
    (changed,) = difference(own)["endpoints"]["changed"]
    assert changed["attributes"] == {"setting": {"from": "PHONE_HOME_USAGE_REPORTING_ENABLED", "to": "config.usage"}}
    assert [field["pointer"] for field in changed["responses"]["500"]["removed"]] == ["/*"]


def test_port_and_known_places_are_told(own: Path) -> None:
    change(own / "endpoints.yaml", "port: 443", "port: 8443")
    change(own / "endpoints.yaml", "host: beacon.aws", "host: beacon.azure")
    found = difference(own)
    assert found["port"] == {"from": 443, "to": 8443}
    assert found["known_hosts"] == {
        "added": ["beacon.azure.langchain.com"], "removed": ["beacon.aws.langchain.com"],
    }  # fmt: skip


def test_headers_are_told(own: Path) -> None:
    schema = own / "request-headers.schema.json"
    change(schema, '"x-data-plane-auth"', '"x-other-auth"')
    change(schema, "a license key: 1 to 4096", "a license key: 1 to 9999")
    found = difference(own)
    assert not is_empty(found)
    assert [header["name"] for header in found["headers"]["added"]] == ["x-other-auth"]
    assert [header["name"] for header in found["headers"]["removed"]] == ["x-data-plane-auth"]
    (description,) = found["headers"]["changed"]["x-langchain-license-key"].values()
    assert (description["from"][:24], description["to"][:24]) == (
        "a license key: 1 to 4096",
        "a license key: 1 to 9999",
    )
    change(own / "endpoints.yaml", "headers: request-headers.schema.json", "")
    assert [header["name"] for header in difference(own)["headers"]["removed"]] == ["x-data-plane-auth"]


def test_contract_that_would_not_load_is_not_described(own: Path) -> None:
    change(own / "endpoints.yaml", "port: 443", "port: 0")
    with pytest.raises(ContractError, match=r"endpoints\.yaml:\d+:\d+: /port"):
        describe_contract(str(own))
