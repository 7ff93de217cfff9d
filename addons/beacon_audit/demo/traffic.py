"""The traffic of the demonstration as data: which policy is in force, what is sent, and what must happen.

A phase is one proxy with one policy and one simulated Beacon of its own, so that "nothing arrived" can be counted from
zero. Each phase is told in the order in which it runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from beacon_audit.demo.client import Message
from beacon_audit.demo.payloads import EDITION, Payloads

#: What the vendor's documentation says to write in order to turn telemetry off.
LANGSMITH_CONFIG = """\
config:
  telemetry:
    metrics: false
    traces: false
"""
LANGSMITH_CONFIG_FILE = "langsmith_config.yaml"

_VERIFY = "/v1/beacon/verify"
_USAGE = "/v1/beacon/ingest-traces"
_METRICS = "/v1/beacon/v1/metrics"
_TRACES = "/v1/beacon/v1/traces"
_LOGS = "/v1/beacon/v1/logs"
_SNAPSHOT = "/v1/beacon/usage-snapshot"
_INTELLIGENCE = "/intelligence/v1/complete"


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must happen: the recorded action and its code (``reason_code``), and the status that the client gets."""

    action: Literal["allowed", "refused"]
    code: str
    status: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """One message, in words for a person, and what must become of it."""

    title: str
    message: Message
    expected: Expectation


@dataclass(frozen=True, slots=True)
class Phase:
    """``settings`` are the top-level keys of the policy beyond ``version`` and ``upstream``."""

    name: str
    title: str
    settings: Mapping[str, object]
    scenarios: tuple[Scenario, ...]


def phases(payloads: Payloads) -> tuple[Phase, ...]:
    """All phases. Every message that carries a license carries that of ``payloads``."""
    contract = {"contract": EDITION}
    return (
        Phase(
            "enforce",
            "everything documented may leave, nothing else",
            {**contract, "mode": "enforce"},
            (*_documented(payloads), *_hostile(payloads), *_misdirected(payloads)),
        ),
        Phase(
            "telemetry-disabled",
            f"telemetry is turned off in {LANGSMITH_CONFIG_FILE}, billing goes on",
            {**contract, "mode": "enforce", "langsmith_config": LANGSMITH_CONFIG_FILE},
            _telemetry_disabled(payloads),
        ),
        Phase("offline", "nothing may leave", {**contract, "mode": "offline"}, _offline(payloads)),
    )


def _documented(payloads: Payloads) -> tuple[Scenario, ...]:
    allowed = Expectation("allowed", "documented", 200)
    return (
        Scenario("license verification", Message(_VERIFY, payloads.documented("license-verify")), allowed),
        Scenario("usage report", Message(_USAGE, payloads.documented("usage-ingest")), allowed),
        Scenario("metrics", Message(_METRICS, payloads.documented("telemetry-metrics")), allowed),
        Scenario("traces", Message(_TRACES, payloads.documented("telemetry-traces")), allowed),
        Scenario(
            "traces, compressed",
            Message(_TRACES, payloads.compressed("telemetry-traces"), content_encoding="gzip"),
            allowed,
        ),
        Scenario("logs", Message(_LOGS, payloads.documented("telemetry-logs")), allowed),
        Scenario(
            "usage snapshot",
            Message(_SNAPSHOT, payloads.documented("usage-snapshot")),
            Expectation("allowed", "documented", 204),
        ),
    )


def _hostile(payloads: Payloads) -> tuple[Scenario, ...]:
    return (
        Scenario(
            "usage report with a field that no documentation shows",
            Message(_USAGE, payloads.with_undocumented_field()),
            Expectation("refused", "contract.undocumented-field", 403),
        ),
        Scenario(
            "usage report with text where a number belongs",
            Message(_USAGE, payloads.with_wrong_type()),
            Expectation("refused", "contract.wrong-type", 403),
        ),
        Scenario(
            "license verification with two license fields",
            Message(_VERIFY, payloads.with_second_license()),
            Expectation("refused", "wire.duplicate-key", 403),
        ),
        Scenario(
            "traces with the license key in a span attribute",
            Message(_TRACES, payloads.with_license_in_span()),
            Expectation("refused", "promise.license-misplaced", 400),
        ),
        Scenario(
            "traces with a user's prompt in a span attribute",
            Message(_TRACES, payloads.with_prompt_in_span()),
            Expectation("refused", "promise.content-attribute", 400),
        ),
        Scenario(
            "traces with a second gzip member behind the first",
            Message(_TRACES, payloads.with_second_member("telemetry-traces"), content_encoding="gzip"),
            Expectation("refused", "wire.gzip-trailing-bytes", 400),
        ),
    )


def _misdirected(payloads: Payloads) -> tuple[Scenario, ...]:
    verification = payloads.documented("license-verify")
    return (
        Scenario(
            "a tunnel to another host",
            Message(connect="collector.example.net:443"),
            Expectation("refused", "containment.undocumented-host", 403),
        ),
        Scenario(
            "Beacon's host, a path that no documentation shows",
            Message("/v1/beacon/backup", verification),
            Expectation("refused", "contract.undocumented-endpoint", 403),
        ),
        Scenario(
            "Beacon's host, the path that takes the content of traces",
            Message(_INTELLIGENCE, payloads.with_prompt()),
            Expectation("refused", "contract.intelligence-endpoint", 403),
        ),
        Scenario(
            "TLS to Beacon (SNI), but a Host header that names another",
            Message(_VERIFY, verification, host="collector.example.net"),
            Expectation("refused", "containment.host-mismatch", 403),
        ),
    )


def _telemetry_disabled(payloads: Payloads) -> tuple[Scenario, ...]:
    disabled = Expectation("refused", "policy.telemetry-disabled", 400)
    return (
        Scenario("metrics, though turned off", Message(_METRICS, payloads.documented("telemetry-metrics")), disabled),
        Scenario("traces, though turned off", Message(_TRACES, payloads.documented("telemetry-traces")), disabled),
        Scenario(
            "license verification, which no switch turns off",
            Message(_VERIFY, payloads.documented("license-verify")),
            Expectation("allowed", "documented", 200),
        ),
    )


def _offline(payloads: Payloads) -> tuple[Scenario, ...]:
    def offline(status: int) -> Expectation:
        return Expectation("refused", "policy.offline", status)

    return (
        Scenario(
            "license verification, offline", Message(_VERIFY, payloads.documented("license-verify")), offline(403)
        ),
        Scenario("metrics, offline", Message(_METRICS, payloads.documented("telemetry-metrics")), offline(400)),
    )
