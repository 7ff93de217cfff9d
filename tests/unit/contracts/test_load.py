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


def test_shipped_editions_are_available_by_name() -> None:
    assert available_editions() == ("langsmith-beacon/2025-10", "langsmith-beacon/2026-08")
    assert len({load_contract(name).digest for name in available_editions()}) == 2


@pytest.mark.parametrize(
    "reference", ["", "langsmith-beacon", "langsmith-beacon/1999-01", "../langsmith-beacon/2025-10"]
)
def test_reference_to_nothing_says_what_there_is(reference: str) -> None:
    with pytest.raises(ContractError, match=r"langsmith-beacon/2025-10.*endpoints\.yaml"):
        load_contract(reference)


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("port: 8443", "port: 0", 4, "/port: expected a port from 1 to 65535"),
        ("port: 8443", "port: 443.0", 4, "/port: expected a port"),
        ("port: 8443\n", "", 2, "/port: expected the key port, got none"),
        ("beacon.example", "Beacon.Example", 3, "/hosts/0: expected a host name in lower case"),
        ("beacon.example", "beacon.example.", 3, "/hosts/0"),
        ("beacon.example", "10.0.0.1", 3, "/hosts/0"),
        ("beacon.example", "'*.example'", 3, "/hosts/0"),
        ("method: PUT", "method: put", 7, "/endpoints/0/method: expected an HTTP method in upper case"),
        ("path: /ping", "path: /ping?x", 8, "/endpoints/0/path"),
        ("path: /ping", "path: /a/../b", 8, "/endpoints/0/path"),
        ("class: operational", "class: other", 9, "/endpoints/0/class: expected billing, operational"),
        ("class: operational", "class: operational\n    swich: metrics", 10, "/endpoints/0/swich: expected a key of"),
        (
            "class: operational",
            "class: operational\n    switch: metrics",
            6,
            "/endpoints/0: expected both switch and setting, or neither",
        ),
        (
            "class: operational",
            "class: operational\n    license_pointers: [license]",
            10,
            "/endpoints/0/license_pointers/0",
        ),
        (
            "class: operational",
            "class: operational\n    license_pointers: [/license]",
            10,
            "/endpoints/0/license_pointers/0: expected the place of a field in the schema",
        ),
        (
            "class: operational",
            "class: operational\n    response_secret_pointers: [/token]",
            10,
            "/endpoints/0/response_secret_pointers/0: expected the place of a field in the schema",
        ),
        (
            "class: operational",
            "class: operational\n    promises: [no-content]",
            10,
            "promise whose sentence stands in",
        ),
        ("class: operational", "class: operational\n    promises: [no-cookies]", 10, "a promise that can be checked"),
        ("class: operational", "class: operational\n    status: observed", 6, "expected the key reason for status"),
        ("class: operational", "class: operational\n    reason: x", 10, "expected no reason for status documented"),
        ("    path: /ping\n", "    prefix: /ping\n", 6, "expected the key path for status documented, got none"),
        ("    method: PUT\n", "", 6, "expected the key method for status documented, got none"),
        ("    request: ping.schema.json\n", "", 6, "expected the key request for status documented, got none"),
        (
            "class: operational",
            "class: content\n    status: unpublished\n    reason: x\n    prefix: /p",
            7,
            "/endpoints/0/method: expected no method for status unpublished",
        ),
        ("request: ping", "request: pong", 11, "/endpoints/0/request: expected the file pong.schema.json, got none"),
        ("request: ping.schema.json", "request: ../ping.schema.json", 11, "/endpoints/0/request"),
        ('"204": ping', '"204": pong', 12, "/endpoints/0/responses/204: expected the file pong.schema.json, got none"),
        ('"204"', "204", 12, "a key is not a text, quote it"),
        ("name: own/1", "name: own/1\nname: own/2", 3, "a key is given twice"),
        ("name: own/1", "name: [", 4, "expected YAML"),
        ("name: own/1", "name: langsmith-beacon/2025-10", 2, "expected a name of its own"),
        ("name: own/1", "name: langsmith-beacon/2026-08", 2, "expected a name of its own"),
        ("port: 8443", "port: 8443\nknown_hosts: [{host: beacon.example, reason: x}]", 5, "/known_hosts/0/host"),
    ],
)
def test_what_is_wrong_with_endpoints_yaml_is_said_with_its_place(
    own: Path, old: str, new: str, line: int, said: str
) -> None:
    (first, *_) = [message for message in problem(edit(own, old, new)).splitlines() if said in message]
    assert first.startswith(f"{own}/endpoints.yaml:{line}:")


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        (None, "expected the file h.schema.json, got none"),
        ("{}", "expected a schema with properties in h.schema.json, one for each header, got none"),
        ('{"properties": {"X-A": {"type": "string", "const": "1"}}}', "expected header names in lower case"),
        ('{"properties": {"x a": {"type": "string", "const": "1"}}}', "expected header names in lower case"),
        ('{"properties": {"x-a": {"type": "string"}}}', "expected a string with maxLength, enum or const for x-a"),
        ('{"properties": {"x-a": {"type": "string", "pattern": "^a*$"}}}', "with maxLength, enum or const for x-a"),
        ('{"properties": {"x-a": {"type": "integer", "enum": [1]}}}', "expected a string with maxLength"),
        ('{"properties": {"x-a": {"maxLength": 1}}}', "expected a string with maxLength"),
        ('{"properties": {"x-a": true}}', "expected a string with maxLength"),
    ],
)
def test_what_is_wrong_with_the_schema_of_headers_is_said(own: Path, headers: str | None, said: str) -> None:
    edit(own, "port: 8443", "port: 8443\nheaders: h.schema.json")
    if headers is not None:
        (own / "h.schema.json").write_text(headers)
    message = problem(own)
    assert message.startswith(f"{own}/endpoints.yaml:5:10: /headers: ")
    assert said in message


def test_every_problem_is_listed_at_once(own: Path) -> None:
    edit(own, "port: 8443", "port: 0")
    assert len(problem(edit(own, "method: PUT", "method: put")).splitlines()) == 2


def test_endpoint_given_twice_is_refused(own: Path) -> None:
    entry = OWN.partition("endpoints:\n")[2]
    (own / "endpoints.yaml").write_text(OWN + entry)
    name, path = problem(own).splitlines()
    assert "/endpoints/1/name: expected every endpoint name once" in name
    assert "/endpoints/1/path: expected every method and path once" in path


@pytest.mark.parametrize("text", ["", "[]", "text", "- 1", "\x00", "\udcff", "a: " + "[" * 5_000])
def test_endpoints_yaml_of_another_shape_is_our_error(own: Path, text: str) -> None:
    (own / "endpoints.yaml").write_text(text, errors="surrogateescape")
    assert problem(own).startswith(f"{own}/endpoints.yaml:")


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, "\udcff", '{"type": "object", "type": "array"}'])
def test_schema_that_is_no_json_object_is_our_error(own: Path, text: str) -> None:
    (own / "ping.schema.json").write_text(text, errors="surrogateescape")
    assert problem(own).startswith(f"{own}/ping.schema.json:")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{\n  "type": "object",\n  "maxLenght": 5\n}', "3:16: /maxLenght: expected a keyword of JSON Schema"),
        ('{\n  "properties": {\n    "a": {"tipe": "string"}}}', "3:19: /properties/a/tipe: expected a keyword"),
        ('{"$id": "https://elsewhere.example/"}', "1:9: /$id: expected a keyword"),
        ('{"properties": {"a": {"source": "page"}}}', "/properties/a/source: expected a name out of sources"),
        ('{\n"properties": {\n"a": {"type": "sting"}}}', "3:15: expected a JSON Schema (2020-12)"),
        ('{"$ref": "https://elsewhere.example/x.json"}', "expected a JSON Schema (2020-12) of its own directory"),
        ('{"$ref": "gone.schema.json"}', "expected a JSON Schema (2020-12) of its own directory"),
        ('{"type": "string", "pattern": "(?=a)"}', "expected a JSON Schema (2020-12) of its own directory"),
        ('{"$schema": "http://json-schema.org/draft-07/schema#"}', "1:13: /$schema: expected JSON Schema 2020-12"),
        ('{"$defs": {"a": {"$schema": "http://json-schema.org/draft-04/schema#"}}}', "/$defs/a/$schema: expected"),
        ('{"$schema": 5}', "/$schema: expected JSON Schema 2020-12"),
    ],
)
def test_what_is_wrong_with_a_schema_is_said_with_its_place(own: Path, text: str, said: str) -> None:
    (own / "ping.schema.json").write_text(text)
    message = problem(own)
    assert message.startswith(f"{own}/ping.schema.json:")
    assert said in message


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"$ref": "#"}', "/"),
        ('{"type": "object", "$ref": "ping.schema.json"}', "/"),
        ('{"$ref": "./ping.schema.json#"}', "/"),
        ('{"allOf": [{"type": "object"}, {"$ref": "#"}]}', "/"),
        ('{"not": {"$ref": "#"}}', "/"),
        ('{"dependentSchemas": {"a": {"$ref": "#"}}}', "/"),
        ('{"properties": {"a/b": {"$ref": "#/properties/a~1b"}}}', "/properties/a~1b"),
        (
            '{"properties": {"a": {"$ref": "#/$defs/a"}},'
            ' "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/b"}]}, "b": {"if": {"$ref": "#/$defs/a"}}}}',
            "/$defs/a",
        ),
    ],
)
def test_reference_that_leads_back_without_a_step_into_the_value_is_refused(own: Path, text: str, place: str) -> None:
    # The engine takes such a schema for satisfied, so that everything would be documented.
    (own / "ping.schema.json").write_text(text)
    assert f": {place}: expected references that end somewhere" in problem(own)


def test_file_of_another_version_of_json_schema_is_refused(own: Path) -> None:
    # Of draft 7 the engine passes over everything beside a reference, and over what draft 7 does not know.
    (own / "ping.schema.json").write_text('{"$ref": "old.schema.json"}')
    (own / "old.schema.json").write_text(
        '{"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/$defs/any", "maxProperties": 0,'
        ' "$defs": {"any": {}}}'
    )
    assert problem(own).startswith(f"{own}/old.schema.json:1:13: /$schema: expected JSON Schema 2020-12")


@pytest.mark.parametrize("end", ["", "#"])
def test_schema_may_name_its_version(own: Path, end: str) -> None:
    (own / "ping.schema.json").write_text(f'{{"$schema": "https://json-schema.org/draft/2020-12/schema{end}"}}')
    assert load_contract(str(own)).name == "own/1"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"$ref": "#/examples/0", "examples": [{"maxLenght": 5}]}', "/"),
        ('{"properties": {"a": {"$ref": "#/$defs/b/const"}}, "$defs": {"b": {"const": {"x": 1}}}}', "/properties/a"),
        ('{"not": {"$ref": "ping.schema.json#/$defs"}, "$defs": {"type": {}}}', "/not"),
    ],
)
def test_reference_to_what_is_no_schema_is_refused(own: Path, text: str, place: str) -> None:
    # There nobody looks at keywords, and an integer may be written as 5.0.
    (own / "ping.schema.json").write_text(text)
    assert f": {place}: expected a reference to a schema" in problem(own)


def test_references_between_files_that_lead_back_are_refused(own: Path) -> None:
    (own / "ping.schema.json").write_text('{"$ref": "other.schema.json#/$defs/a"}')
    (own / "other.schema.json").write_text('{"$defs": {"a": {"$ref": "ping.schema.json"}}}')
    assert "expected references that end somewhere" in problem(own)


def test_schema_that_refers_to_itself_for_a_part_of_the_value_is_taken(own: Path) -> None:
    (own / "ping.schema.json").write_text(
        '{"type": "object", "properties": {"child": {"$ref": "#"}}, "additionalProperties": false}'
    )
    contract = load_contract(str(own))
    endpoint = contract.match("PUT", "/ping")
    assert endpoint is not None
    assert contract.request_findings(endpoint, {"child": {"child": {}}}) == ()
    assert [found.pointer for found in contract.request_findings(endpoint, {"child": {"x": 1}})] == ["/child/x"]


@pytest.mark.parametrize("levels", [101, 900, 3000])
def test_schema_that_is_nested_too_deeply_is_our_error(own: Path, levels: int) -> None:
    (own / "ping.schema.json").write_text('{"not":' * levels + "{}" + "}" * levels)
    assert problem(own).startswith(f"{own}/ping.schema.json: expected")


def test_word_of_a_payload_is_no_keyword(own: Path) -> None:
    schema = '{"properties": {"maxLenght": {"enum": [{"maxLenght": 1}]}}, "$defs": {"tipe": {}}}'
    (own / "ping.schema.json").write_text(schema)
    assert load_contract(str(own)).name == "own/1"


def test_prefix_of_ones_own_gives_way_to_a_path_below_it(own: Path) -> None:
    entry = (
        "  - {name: rest, class: content, status: unpublished, reason: unknown, prefix: /ping, media_types: [a/b]}\n"
    )
    (own / "endpoints.yaml").write_text(OWN + entry)
    contract = load_contract(str(own))
    found = {path: contract.match("PUT", path) for path in ("/ping", "/ping/x", "/pingx")}
    assert {path: endpoint and endpoint.name for path, endpoint in found.items()} == {
        "/ping": "ping", "/ping/x": "rest", "/pingx": None,
    }  # fmt: skip


def test_copy_of_a_shipped_edition_may_not_borrow_its_name_once_changed(
    tmp_path: Path, edition: str, edition_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(edition_path, copy)
    assert load_contract(str(copy)).name == edition
    edit(copy, "hosts: [beacon.langchain.com", "hosts: [beacon.example")
    assert "expected a name of its own" in problem(copy)
