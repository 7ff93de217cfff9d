"""The example in ``docs/contracts.md`` is a contract, and the page names every key there is."""

import json
import re
from pathlib import Path

from beacon_audit.contracts import load_contract

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "contracts.md").read_text()
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
USUAL = json.loads((ROOT / "addons" / "beacon_audit" / "contracts" / "http-headers.schema.json").read_bytes())
FORM = json.loads((ROOT / "addons" / "beacon_audit" / "contracts" / "endpoints.schema.json").read_bytes())


def test_example_loads_and_takes_what_it_says(tmp_path: Path) -> None:
    blocks = re.findall(r"`([\w.-]+)`:\n\n```(?:yaml|json)\n(.*?)```", PAGE, re.DOTALL)
    assert [name for name, _ in blocks] == [
        "endpoints.yaml", "heartbeat.request.schema.json", "empty.schema.json", "request-headers.schema.json",
    ]  # fmt: skip
    for name, text in blocks:
        (tmp_path / name).write_text(text)
    contract = load_contract(str(tmp_path))
    endpoint = contract.match("POST", "/heartbeat")
    assert endpoint is not None
    assert contract.request_findings(endpoint, {"key": "k", "sent": 1}) == ()
    (finding,) = contract.request_findings(endpoint, {"key": "k", "note": "x"})
    assert finding.code == "contract.undocumented-field"

    assert contract.header_findings(endpoint, [("traceparent", TRACE), ("user-agent", "node")]) == ()
    with (tmp_path / "endpoints.yaml").open("a") as file:
        file.write("headers: request-headers.schema.json\n")
    contract = load_contract(str(tmp_path))
    assert contract.header_findings(endpoint, [("x-deployment", "east"), ("user-agent", "collector/1")]) == ()
    found = contract.header_findings(endpoint, [("traceparent", TRACE), ("user-agent", "node")])
    assert [finding.code for finding in found] == ["contract.undocumented-header", "contract.header-value"]


def test_page_names_every_usual_header() -> None:
    named = PAGE.partition("### Request headers")[2].partition("###")[0]
    (listed,) = re.findall(r"really send: (.*?)\.", named, re.DOTALL)
    assert re.findall(r"`([a-z-]+)`", listed) == list(USUAL["properties"])


def test_page_explains_every_key_and_every_promise() -> None:
    keys = {
        *FORM["properties"],
        *FORM["$defs"]["endpoint"]["properties"],
        *FORM["properties"]["promises"]["properties"],
    }
    assert [key for key in sorted(keys) if f"`{key}`" not in PAGE] == []


def test_page_names_the_parts_of_the_machine_output() -> None:
    from beacon_audit.contracts.description import describe_contract

    described = describe_contract("langsmith-beacon/2026-08")
    endpoint = described["endpoints"][0]
    words = set(re.findall(r"[a-z_]+", PAGE))
    assert {*described, *endpoint, *endpoint["request"][0]} <= words
