"""Which headers may leave: what clients really send, and nothing else."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from beacon_audit.contracts import Contract, load_contract
from beacon_audit.model import Finding
from harness.client_heads import CLIENTS, EXPORTERS, Head

UNDOCUMENTED, VALUE = "contract.undocumented-header", "contract.header-value"
SECRET = "the quarterly figures are 4711"


def found(contract: Contract, headers: Iterable[tuple[str, str]], endpoint: str = "usage-ingest") -> list[Finding]:
    named = contract.endpoint(endpoint)
    assert named is not None
    return list(contract.header_findings(named, tuple(headers)))


def codes(contract: Contract, *headers: tuple[str, str], endpoint: str = "usage-ingest") -> list[str]:
    return [finding.code for finding in found(contract, headers, endpoint)]


@pytest.mark.parametrize("head", CLIENTS.values(), ids=CLIENTS)
def test_head_of_a_usual_client_is_documented(contract: Contract, head: Head) -> None:
    assert found(contract, head) == []


@pytest.mark.parametrize("head", EXPORTERS.values(), ids=EXPORTERS)
def test_head_of_an_exporter_is_documented_where_telemetry_goes(contract: Contract, head: Head) -> None:
    assert found(contract, head, "telemetry-traces") == []
    (finding,) = found(contract, head)  # billing has its license in the body
    assert (finding.code, "x-langchain-license-key" in finding.message) == (UNDOCUMENTED, True)


@pytest.mark.parametrize(
    "name",
    ["cookie", "authorization", "referer", "origin", "x-forwarded-for", "baggage", "tracestate", "x-request-id",
     "te", "trailer", "keep-alive", "proxy-authorization", "forwarded", "cache-control", "accept-charset", "date",
     "content-language", "content-md5", "x-b3-traceid", "x-datadog-trace-id", "host ", "", "user_agent"],
)  # fmt: skip
def test_header_that_nobody_documents_is_found(contract: Contract, name: str) -> None:
    assert codes(contract, (name, "1")) == [UNDOCUMENTED]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("user-agent", SECRET),
        ("user-agent", ""),
        ("user-agent", "curl/8.5.0  curl/8.5.0"),
        ("user-agent", "curl/8.5.0 (a comment)"),
        ("user-agent", " ".join("abcdefg")),
        ("user-agent", "a" * 41),
        ("user-agent", "caf\u00e9"),
        ("user-agent", "curl/8.5.0\n"),
        ("accept", "application/vnd.of-the-quarterly-figures"),
        ("accept", "*/*;figures=4711"),
        ("accept", ", ".join(["*/*"] * 9)),
        ("accept", "*/*;q=0.4711"),
        ("accept-encoding", "gzip, figures"),
        ("accept-language", "de"),
        ("sec-fetch-mode", "no-cors"),
        ("connection", "x-figures"),
        ("connection", "keep-alive, x-figures"),
        ("expect", "figures"),
        ("transfer-encoding", "gzip, chunked"),
        ("content-length", "0053"),
        ("content-length", "+53"),
        ("content-length", "12345678901"),
        ("content-type", "application/json; charset=utf-8; figures=4711"),
        ("content-type", "application/json;" + " " * 9 + "charset=utf-8"),
        ("content-encoding", "gzip;figures=4711"),
        ("host", "a" * 261),
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-figures"),
        ("traceparent", "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("traceparent", "00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01"),
        ("x-data-plane-auth", SECRET),
        ("x-data-plane-auth", "a.b.c" + "d" * 8192),
    ],
)
def test_value_that_no_client_sends_is_found_and_never_quoted(contract: Contract, name: str, value: str) -> None:
    (finding,) = found(contract, [(name, value)])
    assert finding.code == VALUE
    assert finding.message.startswith(f"header {name}: expected ")
    assert "figures" not in finding.message


@pytest.mark.parametrize("value", ["", "two words", "a" * 4097, "a\tb", "caf\u00e9"])
def test_license_header_holds_one_word(contract: Contract, value: str) -> None:
    assert codes(contract, ("x-langchain-license-key", value), endpoint="telemetry-metrics") == [VALUE]


@pytest.mark.parametrize("name", ["accept", "user-agent", "content-type", "content-length", "x-data-plane-auth"])
def test_header_that_stands_twice_is_found(contract: Contract, name: str) -> None:
    value = {"accept": "*/*", "user-agent": "node", "content-type": "application/json", "content-length": "2"}
    twice = [(name, value.get(name, "a.b.c"))] * 2
    (finding,) = found(contract, twice)
    assert (finding.code, finding.message) == (VALUE, f"expected the header {name} once, got it again")


def test_every_value_of_a_header_that_stands_twice_is_an_offence(contract: Contract) -> None:
    assert VALUE in codes(contract, ("accept", SECRET), ("accept", "*/*"))


def test_undocumented_headers_are_one_finding_however_many_there_are(contract: Contract) -> None:
    names = [f"x-figures-{letter}" for letter in "abcdefgh"]
    (finding,) = found(contract, ((name, "1") for name in names))
    assert finding.message == (
        "expected documented headers only, got x-figures-a, x-figures-b, x-figures-c, x-figures-d and 4 more"
    )


@pytest.mark.parametrize(
    "name",
    ["the quarterly figures", "x-4711", "x_figures", "abcdefghijklmnopq", "a-b-c-d-e-f", "figures\x1b[2J", "",
     "aaaaaaaaaaaaaaa-aaaaaaaaaaaaaaa-aaaaaaaaaaaaaaa", "lcl-7f3a52c9e1d04b6897ab", "caf\u00e9", "X-Figures"],
)  # fmt: skip
def test_name_that_is_more_than_a_plain_word_is_not_shown(contract: Contract, name: str) -> None:
    (alone,) = found(contract, [(name, "1")])
    assert alone.message == "expected documented headers only, got a header of another name"
    (beside,) = found(contract, [("cookie", "1"), (name, "1")])
    assert beside.message == "expected documented headers only, got cookie and 1 more"


def test_place_of_a_license_header_is_not_judged_where_there_is_no_endpoint(contract: Contract) -> None:
    head = (("x-langchain-license-key", "lcl_1"), ("cookie", "1"))
    (finding,) = contract.header_findings(None, head)
    assert "license" not in finding.message


def test_every_shipped_edition_documents_its_license_headers(contract: Contract) -> None:
    documented = dict(contract.headers.documented())
    carriers = {name for endpoint in contract.endpoints for name in endpoint.license_headers}
    assert carriers == {"x-langchain-license-key"}
    assert carriers < documented.keys()
    assert all(found.source and found.description for found in documented.values())


# --- a contract of one's own ----------------------------------------------------------------------------------------


def own(directory: Path, headers: object, more: str = "") -> Contract:
    lines = ["name: own/1", "hosts: [a.example]", "port: 443"]
    if headers is not None:
        lines.append("headers: h.schema.json")
        (directory / "h.schema.json").write_text(json.dumps(headers))
    ping = f"{{name: usage-ingest, method: POST, path: /p, class: usage, media_types: [a/b], {more} "
    lines += ["endpoints:", f"  - {ping} request: a.schema.json, responses: {{}}}}"]
    (directory / "endpoints.yaml").write_text("\n".join(lines))
    (directory / "a.schema.json").write_text('{"type": "object", "additionalProperties": false}')
    return load_contract(str(directory))


def test_contract_that_says_nothing_has_what_every_client_sends(tmp_path: Path) -> None:
    contract = own(tmp_path, None)
    for head in CLIENTS.values():
        assert found(contract, head) == []
    assert codes(contract, ("x-data-plane-auth", "a.b.c")) == [UNDOCUMENTED]


def test_contract_adds_narrows_and_takes_away(tmp_path: Path) -> None:
    properties = {
        "x-deployment": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 9},
        "user-agent": {"type": "string", "const": "collector/1"},
        "traceparent": False,
    }
    contract = own(tmp_path, {"properties": properties})
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert found(contract, [("x-deployment", "east"), ("user-agent", "collector/1"), ("accept", "*/*")]) == []
    assert codes(contract, ("x-deployment", "East")) == [VALUE]
    assert codes(contract, ("user-agent", "curl/8.5.0")) == [VALUE]
    assert codes(contract, ("traceparent", parent)) == [UNDOCUMENTED]
    assert "traceparent" not in dict(contract.headers.documented())


def test_property_for_any_name_documents_none(tmp_path: Path) -> None:
    schema = {"properties": {}, "additionalProperties": {"type": "string"}, "patternProperties": {"^x-": True}}
    assert codes(own(tmp_path, schema), ("x-anything", "1")) == [UNDOCUMENTED]


def test_contract_can_ask_for_a_header(tmp_path: Path) -> None:
    schema = {"properties": {"x-a": {"type": "string", "maxLength": 1}}, "required": ["x-a"]}
    (finding,) = found(own(tmp_path, schema), [("accept", "*/*")])
    assert (finding.code, finding.message) == (VALUE, "header x-a: expected the documented header x-a, got none")


def test_license_header_of_which_no_schema_says_more_holds_one_word(tmp_path: Path) -> None:
    contract = own(tmp_path, None, "license_headers: [x-key],")
    assert codes(contract, ("x-key", "k" * 4096)) == []
    assert codes(contract, ("x-key", "k" * 4097)) == [VALUE]
    assert codes(contract, ("x-key", "two words")) == [VALUE]
