"""Endpoints that are known by name so that they can be refused by name: metadata-submit and intelligence."""

from typing import Any

import pytest

from beacon_audit.contracts import Contract
from beacon_audit.model import Endpoint


@pytest.fixture
def edition() -> str:
    return "langsmith-beacon/2026-08"


def metadata(**changes: Any) -> dict[str, Any]:
    """As client code makes it."""
    return {
        "license_key": "lcl_made_up_for_this",
        "from_timestamp": "2026-03-25T02:00:00.123456+00:00",
        "to_timestamp": "2026-03-25T02:05:00+00:00",
        "tags": {
            "langgraph.python.version": "1.0.3",
            "langgraph.platform.host": "self-hosted",
            "langgraph.platform.tenant_id": "3a1c2b6f-4430-4b92-8a5b-79b8b567bbc1",
            "langgraph.platform.plan": "enterprise",
            "langgraph.platform.revision": "",
            "user_app.uses_indexing": "True",
        },
        "measures": {"langgraph.platform.runs": 5, "langgraph.platform.nodes": 17},
        "logs": [],
    } | changes


def named(contract: Contract, name: str) -> Endpoint:
    endpoint = contract.endpoint(name)
    assert endpoint is not None
    return endpoint


def places(contract: Contract, document: Any) -> set[str]:
    findings = contract.request_findings(named(contract, "metadata-submit"), document)
    return {f"{finding.code.removeprefix('contract.')} {finding.pointer}" for finding in findings}


def test_observed_endpoint_says_so_of_every_request(contract: Contract) -> None:
    endpoint = contract.match("POST", "/v1/beacon/metadata/submit")
    assert endpoint is not None
    assert (endpoint.name, endpoint.status, endpoint.traffic_class) == ("metadata-submit", "observed", "billing")
    assert endpoint.license_pointers == ("/license_key",)
    (finding,) = contract.status_findings(endpoint)
    assert (finding.code, finding.pointer) == ("contract.observed-endpoint", "")
    assert "client code of the Agent Server" in finding.message


def test_what_client_code_makes_has_the_observed_form(contract: Contract) -> None:
    assert places(contract, metadata()) == set()


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"api_key": "x"}, "undocumented-field /api_key"),
        ({"logs": ["what did alice ask?"]}, "undocumented-field /logs/0"),
        ({"tags": {"user": "alice"}}, "undocumented-field /tags/user"),
        ({"tags": {"langgraph.platform.plan": "what did alice ask?"}}, "wrong-value /tags/langgraph.platform.plan"),
        ({"tags": {"langgraph.platform.plan": 1}}, "wrong-type /tags/langgraph.platform.plan"),
        ({"measures": {"langgraph.platform.runs": "5"}}, "wrong-type /measures/langgraph.platform.runs"),
        ({"measures": {"tokens": 5}}, "undocumented-field /measures/tokens"),
    ],
)
def test_anything_else_is_found(contract: Contract, changes: dict[str, Any], found: str) -> None:
    assert places(contract, metadata(**changes)) == {found}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "post", ""])
@pytest.mark.parametrize("path", ["/intelligence", "/intelligence/", "/intelligence/v1/any/thing"])
def test_intelligence_is_everything_at_and_below_its_path(contract: Contract, method: str, path: str) -> None:
    endpoint = contract.match(method, path)
    assert endpoint is not None
    assert (endpoint.name, endpoint.traffic_class, endpoint.status) == ("intelligence", "content", "unpublished")
    (finding,) = contract.status_findings(endpoint)
    assert finding.code == "contract.intelligence-endpoint"
    assert "traces and source code" in finding.message


@pytest.mark.parametrize(
    "path", ["/intelligences", "/Intelligence", "/v1/intelligence", "/%69ntelligence", "intelligence"]
)
def test_other_paths_are_not_intelligence(contract: Contract, path: str) -> None:
    assert contract.match("POST", path) is None


def test_nothing_is_known_of_what_intelligence_carries(contract: Contract) -> None:
    endpoint = named(contract, "intelligence")
    assert contract.request_findings(endpoint, {"anything": [1]}) == ()
    assert contract.documented_names(endpoint).attribute_keys == frozenset()
    (finding,) = contract.response_findings(endpoint, 200, {"anything": 1})
    assert finding.code == "contract.response-undocumented-status"


def test_documented_endpoints_have_nothing_to_say_of_every_request(contract: Contract) -> None:
    documented = [endpoint for endpoint in contract.endpoints if endpoint.status == "documented"]
    assert len(documented) == 6
    assert [contract.status_findings(endpoint) for endpoint in documented] == [()] * 6
