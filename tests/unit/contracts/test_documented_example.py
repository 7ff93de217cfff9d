"""The example in ``docs/contracts.md`` is a contract, and the page names every key there is."""

import json
import re
from pathlib import Path

from beacon_audit.contracts import load_contract

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "contracts.md").read_text()
FORM = json.loads((ROOT / "addons" / "beacon_audit" / "contracts" / "endpoints.schema.json").read_bytes())


def test_example_loads_and_takes_what_it_says(tmp_path: Path) -> None:
    blocks = re.findall(r"`([\w.-]+)`:\n\n```(?:yaml|json)\n(.*?)```", PAGE, re.DOTALL)
    assert {name for name, _ in blocks} == {"endpoints.yaml", "heartbeat.request.schema.json", "empty.schema.json"}
    for name, text in blocks:
        (tmp_path / name).write_text(text)
    contract = load_contract(str(tmp_path))
    endpoint = contract.match("POST", "/heartbeat")
    assert endpoint is not None
    assert contract.request_findings(endpoint, {"key": "k", "sent": 1}) == ()
    (finding,) = contract.request_findings(endpoint, {"key": "k", "note": "x"})
    assert finding.code == "contract.undocumented-field"


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
