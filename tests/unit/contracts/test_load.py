"""Reading an edition: a user's own directory works, and what does not describe itself is refused with all reasons."""

import shutil
from pathlib import Path

import pytest

from beacon_audit.contracts import available_editions, load_contract
from beacon_audit.errors import ContractError

OWN = """
name: own/1
hosts: [beacon.example]
port: 8443
endpoints:
  - name: ping
    method: PUT
    path: /ping
    class: operational
    media_types: [application/json]
    request: ping.schema.json
    responses: {"204": ping.schema.json}
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "endpoints.yaml").write_text(OWN)
    (tmp_path / "ping.schema.json").write_text('{"type": "object", "additionalProperties": false}')
    return tmp_path


def problem(directory: Path) -> str:
    with pytest.raises(ContractError) as caught:
        load_contract(str(directory))
    return str(caught.value)


def edit(directory: Path, old: str, new: str) -> Path:
    text = (directory / "endpoints.yaml").read_text()
    assert old in text
    (directory / "endpoints.yaml").write_text(text.replace(old, new))
    return directory


def test_contract_of_ones_own_needs_no_code(own: Path) -> None:
    contract = load_contract(str(own))
    endpoint = contract.match("PUT", "/ping")
    assert endpoint is not None
    assert (contract.name, contract.hosts, contract.port) == ("own/1", ("beacon.example",), 8443)
    assert contract.request_findings(endpoint, {}) == ()
    assert [finding.pointer for finding in contract.request_findings(endpoint, {"x": 1})] == ["/x"]
    assert contract.response_findings(endpoint, 204, None) == ()


def test_shipped_edition_is_available_by_name() -> None:
    assert "langsmith-beacon/2025-10" in available_editions()
    assert load_contract("langsmith-beacon/2025-10").digest.startswith("sha256:")


@pytest.mark.parametrize(
    "reference", ["", "langsmith-beacon", "langsmith-beacon/1999-01", "../langsmith-beacon/2025-10"]
)
def test_reference_to_nothing_says_what_there_is(reference: str) -> None:
    with pytest.raises(ContractError, match=r"langsmith-beacon/2025-10.*endpoints\.yaml"):
        load_contract(reference)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("port: 8443", "port: 0", "/port: expected a port from 1 to 65535"),
        ("port: 8443", "port: 443.0", "/port: expected a port"),
        ("port: 8443", "", "/port: expected the documented field port"),
        ("beacon.example", "Beacon.Example", "/hosts/0: expected a host name in lower case"),
        ("beacon.example", "beacon.example.", "/hosts/0"),
        ("beacon.example", "10.0.0.1", "/hosts/0"),
        ("beacon.example", "'*.example'", "/hosts/0"),
        ("method: PUT", "method: put", "/endpoints/0/method: expected an HTTP method in upper case"),
        ("path: /ping", "path: /ping?x", "/endpoints/0/path"),
        ("path: /ping", "path: /a/../b", "/endpoints/0/path"),
        ("class: operational", "class: other", "/endpoints/0/class: expected billing, operational"),
        ("class: operational", "class: operational\n    swich: metrics", "/endpoints/0/swich: no documented"),
        (
            "class: operational",
            "class: operational\n    switch: metrics",
            "expected both switch and setting, or neither",
        ),
        (
            "class: operational",
            "class: operational\n    license_pointers: [license]",
            "/endpoints/0/license_pointers/0",
        ),
        ("request: ping", "request: pong", "/endpoints/0: expected the file pong.schema.json, got none"),
        ("request: ping.schema.json", "request: ../ping.schema.json", "/endpoints/0/request"),
        ('"204"', "204", "a key is not a text, quote it"),
        ("name: own/1", "name: own/1\nname: own/2", "a key is given twice"),
        ("name: own/1", "name: [", "expected YAML"),
        ("name: own/1", "name: langsmith-beacon/2025-10", "expected a name of its own"),
    ],
)
def test_what_is_wrong_with_endpoints_yaml_is_said_with_its_place(own: Path, old: str, new: str, said: str) -> None:
    message = problem(edit(own, old, new))
    assert message.startswith(f"{own}/endpoints.yaml: ")
    assert said in message


def test_every_problem_is_listed_at_once(own: Path) -> None:
    edit(own, "port: 8443", "port: 0")
    assert len(problem(edit(own, "method: PUT", "method: put")).splitlines()) == 2


def test_endpoint_given_twice_is_refused(own: Path) -> None:
    entry = OWN.partition("endpoints:\n")[2]
    (own / "endpoints.yaml").write_text(OWN + entry)
    assert len(problem(own).splitlines()) == 2


@pytest.mark.parametrize("text", ["", "[]", "text", "- 1", "\x00", "\udcff"])
def test_endpoints_yaml_of_another_shape_is_our_error(own: Path, text: str) -> None:
    (own / "endpoints.yaml").write_text(text, errors="surrogateescape")
    assert problem(own).startswith(f"{own}/endpoints.yaml: ")


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, "\udcff"])
def test_schema_that_is_no_json_object_is_our_error(own: Path, text: str) -> None:
    (own / "ping.schema.json").write_text(text, errors="surrogateescape")
    assert problem(own).startswith(f"{own}/ping.schema.json: ")


def test_copy_of_a_shipped_edition_may_not_borrow_its_name_once_changed(tmp_path: Path, edition_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(edition_path, copy)
    assert load_contract(str(copy)).name == "langsmith-beacon/2025-10"
    edit(copy, "beacon.langchain.com", "beacon.example")
    assert "expected a name of its own" in problem(copy)
