"""Which names may be shown as they are."""

import json
import random
import string
from collections.abc import Callable
from pathlib import Path

import pytest

from beacon_audit import contracts
from beacon_audit.contracts import load_contract
from beacon_audit.contracts.schemas import subschemas
from beacon_audit.inspection.attribute_keys import CONTENT_KEYS, IDENTITY_KEYS, INFRASTRUCTURE_KEYS, STANDARD_KEYS
from beacon_audit.model.plain_name import LONGEST, is_plain_name

SCHEMAS = Path(contracts.__file__).parent
_CHANCE = random.Random(6)
_BASE64 = string.ascii_letters + string.digits + "-_"


def made_of(alphabet: str, length: int) -> str:
    return "".join(_CHANCE.choice(alphabet) for _ in range(length))


def in_groups(alphabet: str) -> str:
    return "-".join(made_of(alphabet, 5) for _ in range(5))


@pytest.mark.parametrize(
    "name",
    [
        "GET",
        "v1",
        "backup",
        "active_pats_30d",
        "field:99",
        "field:536870911",
        "k8s.pod.name",
        "k8s.pod.ip",
        "app.kubernetes.io/name",
        "langgraph.platform.project_id",
        "resourceSpans",
        "receive_request",
        "gen_ai.usage.input_tokens",
        "http.response.status_code",
        "X-Langchain-License-Key",
        "$ref",
        "~user",
    ],
)
def test_name_that_is_made_of_words_is_plain(name: str) -> None:
    assert is_plain_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "two words",
        "a\n",
        "ключ",
        "\uff4c\uff43\uff4c",
        "alice@example.com",
        "lcl_9f8e7d6c5b4a3f2e",
        "3c1b9a54-6f0e-4d2a-9b7c-0d1e2f3a4b5c",
        "d41d8cd98f00b204e9800998ecf8427e",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
        "VK7JG-NPHTM-C97JM-9MPGT-3V66T",
        "NPHTM-CJMPG-VKJGT",
        "qwrtzplkjhgfd",
        "request_202510021200",
        "field:5368709110",
        "word" * (LONGEST // 4) + "s",
        # Each of these breaks one rule and no other.
        "word_" * (LONGEST // 5 + 1),
        "processed_requests_total_123456",
    ],
)
def test_name_that_holds_what_keys_are_made_of_is_not(name: str) -> None:
    assert not is_plain_name(name)


@pytest.mark.parametrize(
    ("key", "shown_at_most"),
    [
        (lambda: "lcl_" + made_of(_BASE64, 40), 0),
        (lambda: made_of(string.hexdigits, 32), 0),
        (lambda: made_of(_BASE64, 24), 10),
        (lambda: made_of(string.ascii_lowercase, 24), 10),
        (lambda: made_of(string.ascii_lowercase + "234567", 26), 15),
        (lambda: in_groups(string.ascii_uppercase), 30),
        (lambda: in_groups(string.ascii_uppercase + string.digits), 15),
        (lambda: made_of(_BASE64, 16), 100),
        (lambda: made_of(string.ascii_lowercase + string.digits, 16), 150),
    ],
)
def test_next_to_no_key_that_was_made_by_chance_is_plain(key: Callable[[], str], shown_at_most: int) -> None:
    assert sum(is_plain_name(key()) for _ in range(2000)) <= shown_at_most


@pytest.mark.parametrize("edition", ["langsmith-beacon/2025-10", "langsmith-beacon/2026-08"])
def test_everything_that_a_contract_documents_is_plain(edition: str) -> None:
    contract = load_contract(edition)
    for endpoint in contract.endpoints:
        names = contract.documented_names(endpoint)
        groups = (names.attribute_keys, names.metric_names, names.span_names, names.event_names, names.scope_names)
        assert [name for group in groups for name in group if " " not in name and not is_plain_name(name)] == []
        assert [segment for segment in endpoint.path.split("/")[1:] if not is_plain_name(segment)] == []
    assert [label for host in contract.hosts for label in host.split(".") if not is_plain_name(label)] == []


def test_every_member_that_a_schema_describes_is_plain() -> None:
    described: set[str] = set()
    for file in SCHEMAS.rglob("*.schema.json"):
        for _, schema in subschemas(json.loads(file.read_text())):
            properties = schema.get("properties")
            described.update(properties if isinstance(properties, dict) else ())
    assert "license" in described
    assert "kvlistValue" in described
    assert [name for name in described if not is_plain_name(name)] == []


def test_every_key_that_detectors_know_by_name_is_plain() -> None:
    for key in (*STANDARD_KEYS, *INFRASTRUCTURE_KEYS, *IDENTITY_KEYS, *CONTENT_KEYS):
        assert is_plain_name(key.replace("*", "x"))
