"""The facts of edition 2026-08: places, classes, switches, promises."""

import pytest

from beacon_audit.contracts import Contract


@pytest.fixture
def edition() -> str:
    return "langsmith-beacon/2026-08"


def test_regional_hosts_are_documented_and_that_of_engine_is_known(contract: Contract) -> None:
    assert contract.hosts == ("beacon.langchain.com", "eu.beacon.langchain.com", "apac.beacon.langchain.com")
    assert contract.port == 443
    (known,) = contract.known_hosts
    assert known.host == "beacon.aws.langchain.com"
    assert "Engine" in known.reason


def test_endpoints_have_their_paths_classes_and_switches(contract: Contract) -> None:
    facts = {e.name: (e.method, e.path, e.traffic_class, e.switch, e.setting, e.otlp) for e in contract.endpoints}
    telemetry = {
        f"telemetry-{name}": ("POST", f"/v1/beacon/v1/{name}", "operational", name, f"config.telemetry.{name}", name)
        for name in ("metrics", "traces", "logs")
    }
    assert facts == {
        "license-verify": ("POST", "/v1/beacon/verify", "billing", None, None, None),
        "usage-ingest": ("POST", "/v1/beacon/ingest-traces", "billing", None, None, None),
        **telemetry,
        "usage-snapshot": (
            "POST", "/v1/beacon/usage-snapshot", "usage", "usage_snapshot", "PHONE_HOME_USAGE_REPORTING_ENABLED", None,
        ),
        "metadata-submit": ("POST", "/v1/beacon/metadata/submit", "billing", None, None, None),
        "intelligence": ("*", "/intelligence", "content", None, None, None),
    }  # fmt: skip


def test_places_of_secrets_are_documented(contract: Contract) -> None:
    header = ("x-langchain-license-key",)
    assert {e.name: (e.license_pointers, e.license_headers) for e in contract.endpoints} == {
        "license-verify": (("/license",), ()),
        "usage-ingest": (("/license",), ()),
        "telemetry-metrics": ((), header),
        "telemetry-traces": ((), header),
        "telemetry-logs": ((), header),
        "usage-snapshot": (("/license_key",), ()),
        "metadata-submit": (("/license_key",), ()),
        "intelligence": ((), ()),
    }


def test_promises_are_those_of_the_page(contract: Contract) -> None:
    assert {e.name: set(e.promises) for e in contract.endpoints if e.promises} == {
        "telemetry-metrics": {"no-identity", "no-content"},
        "telemetry-traces": {"no-identity", "no-content"},
        "telemetry-logs": {"no-identity", "no-content", "warnings-and-errors-only"},
        "usage-snapshot": {"no-identity", "counts-only"},
    }
