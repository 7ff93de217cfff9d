"""Every refused request, in every mode, opens nothing upstream, is recorded once, and is answered so that no exporter
tries again."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from google.rpc.status_pb2 import Status

from beacon_audit.demo.beacon import SimulatedBeacon
from harness.client import HOST, Answer
from harness.protobuf_violations import PROTOBUF, PROTOBUF_VIOLATIONS, documented_batch
from harness.proxy import ProxyProcess, write_policy
from harness.violations import LICENSE, OTLP, PATHS, VIOLATIONS, Sent, Violation, documented


def status_of(answer: Answer) -> tuple[int, str]:
    """Code and message of a ``google.rpc.Status`` in the answer's own encoding."""
    if answer.headers["content-type"] == "application/x-protobuf":
        status = Status.FromString(answer.body)
        return status.code, status.message
    return answer.json()["code"], answer.json()["message"]


@dataclass
class Instance:
    beacon: SimulatedBeacon
    proxy: ProxyProcess

    def send(self, sent: Sent) -> Answer:
        return sent.to(self.proxy.address, self.proxy.home.ca_certificate)

    def refused(self, sent: Sent, *, endpoint: str | None, tried: Any = None) -> tuple[Answer, dict[str, Any]]:
        """Send what must be refused: nothing reaches Beacon, and one record says so. Gives both."""
        connections, size = self.beacon.connections, self.beacon.bytes_received
        before = len(self.proxy.entries())
        answer = self.send(sent)
        new = self.proxy.entries()[before:]
        assert [entry["type"] for entry in new] == ["refusal"], tried
        assert (self.beacon.connections, self.beacon.bytes_received) == (connections, size), tried
        assert new[0]["action"] == "refused"
        assert new[0]["status"] == answer.status
        if endpoint in OTLP and new[0]["endpoint"] == endpoint:
            assert answer.status == 400, tried
            code, message = status_of(answer)
            assert code == 3
            assert new[0]["id"] in message
        else:
            assert answer.status == 403, tried
            assert answer.json()["record"] == new[0]["id"]
            assert answer.json()["code"] == new[0]["reason_code"]
        return answer, new[0]

    def allowed(self, endpoint: str) -> None:
        expected = 204 if endpoint == "usage-snapshot" else 200
        assert self.send(Sent(PATHS[endpoint], documented(endpoint))).status == expected


@pytest.fixture(scope="module")
def instances(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Instance]]:
    """One proxy a policy, each with a Beacon of its own."""
    settings: dict[str, dict[str, Any]] = {
        "enforce": {},
        "lenient": {"strictness": "lenient"},
        "strict": {"strictness": "strict"},
        "observe": {"mode": "observe"},
        "offline": {"mode": "offline"},
        "no-metrics": {"telemetry": {"metrics": False}},
        "no-traces": {"telemetry": {"traces": False}},
        "no-logs": {"telemetry": {"logs": False}},
        "no-usage_snapshot": {"telemetry": {"usage_snapshot": False}},
        "refused-endpoint": {"endpoints": {"usage-ingest": {"action": "refuse"}}},
        "one-license": {"license": {"fingerprints": ["license:0000:0000000000000000"]}},
        "sink": {"telemetry": {"metrics": False, "traces": False, "logs": False}, "refusal": "sink"},
    }
    running: dict[str, Instance] = {}
    try:
        for name, keys in settings.items():
            directory = tmp_path_factory.mktemp(name)
            beacon = SimulatedBeacon(directory).__enter__()
            running[name] = Instance(beacon, ProxyProcess(directory, write_policy(directory, beacon, **keys)).start())
        yield running
    finally:
        for instance in running.values():
            instance.proxy.stop()
            instance.beacon.__exit__(None, None, None)


def code_of(record: dict[str, Any]) -> set[str]:
    return {record["reason_code"], *(finding["code"] for finding in record["findings"])}


@pytest.mark.parametrize("endpoint", PATHS)
@pytest.mark.parametrize("policy", ["enforce", "strict", "offline"])
def test_documented_traffic_passes_but_offline(instances: dict[str, Instance], policy: str, endpoint: str) -> None:
    instance = instances[policy]
    if policy == "offline":
        _, record = instance.refused(Sent(PATHS[endpoint], documented(endpoint)), endpoint=endpoint)
        assert record["reason_code"] == "policy.offline"
        assert instance.beacon.connections == 0
    else:
        instance.allowed(endpoint)


@pytest.mark.parametrize("violation", VIOLATIONS, ids=str)
@pytest.mark.parametrize("policy", ["enforce", "strict", "offline"])
def test_a_violation_opens_nothing(instances: dict[str, Instance], policy: str, violation: Violation) -> None:
    for endpoint in PATHS:
        _, record = instances[policy].refused(violation.make(endpoint), endpoint=endpoint, tried=(violation, endpoint))
        assert violation.code in code_of(record), (endpoint, record)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("endpoint", OTLP)
@pytest.mark.parametrize("policy", ["enforce", "lenient", "strict"])
def test_documented_batch_in_protobuf_passes_and_is_answered_in_kind(
    instances: dict[str, Instance], policy: str, endpoint: str, compressed: bool
) -> None:
    instance = instances[policy]
    sent = documented_batch(endpoint, compressed=compressed)
    answer = instance.send(sent)
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, PROTOBUF, b"")
    assert instance.beacon.requests[-1].body == sent.body
    intent, outcome = instance.proxy.entries()[-2:]
    assert (intent["type"], intent["alert"], outcome["findings"]) == ("intent", False, [])
    assert {finding["code"] for finding in intent["findings"]} <= {"contract.otlp-invalid"}


@pytest.mark.parametrize(
    ("policy", "violation"),
    [
        (policy, violation)
        for policy in ("enforce", "lenient", "strict", "offline")
        for violation in PROTOBUF_VIOLATIONS
        if policy != "lenient" or violation.code.startswith("wire.")  # other findings only alert there
    ],
    ids=str,
)
def test_a_violation_in_protobuf_opens_nothing_and_is_answered_in_protobuf(
    instances: dict[str, Instance], policy: str, violation: Violation
) -> None:
    for endpoint in OTLP:
        answer, record = instances[policy].refused(violation.make(endpoint), endpoint=endpoint, tried=violation)
        assert violation.code in code_of(record), (endpoint, record)
        assert answer.headers["content-type"] == PROTOBUF
        assert LICENSE.encode() not in answer.body


@pytest.mark.parametrize("violation", [v for v in VIOLATIONS if v.containment], ids=str)
def test_observe_and_lenient_still_refuse_what_goes_elsewhere(
    instances: dict[str, Instance], violation: Violation
) -> None:
    for policy in ("observe", "lenient"):
        _, record = instances[policy].refused(violation.make("license-verify"), endpoint="license-verify")
        assert violation.code in code_of(record)


@pytest.mark.parametrize("violation", [v for v in VIOLATIONS if not v.containment], ids=str)
def test_observe_forwards_to_the_documented_host_and_says_what_it_would_do(
    instances: dict[str, Instance], violation: Violation
) -> None:
    instance = instances["observe"]
    instance.send(violation.make("license-verify"))
    intent = instance.proxy.entries("intent")[-1]
    assert intent["action"] == "observed"
    assert intent["reason"].startswith("would refuse: ")
    assert violation.code in code_of(intent)


@pytest.mark.parametrize(
    "code",
    ["wire", "contract.undocumented-endpoint", "contract.undocumented-media-type", "contract.intelligence-endpoint"],
)
def test_lenient_still_refuses_lies_and_what_nobody_documents(instances: dict[str, Instance], code: str) -> None:
    for violation in VIOLATIONS:
        if violation.code.startswith(code):
            instances["lenient"].refused(violation.make("usage-ingest"), endpoint="usage-ingest", tried=violation)


def test_a_query_string_is_refused(instances: dict[str, Instance]) -> None:
    sent = Sent(PATHS["license-verify"] + "?note=hidden", documented("license-verify"))
    _, record = instances["enforce"].refused(sent, endpoint="license-verify")
    assert record["reason_code"] == "contract.undocumented-query"
    assert "hidden" not in str(record)


@pytest.mark.parametrize(
    ("switch", "switched"),
    [
        ("metrics", "telemetry-metrics"),
        ("traces", "telemetry-traces"),
        ("logs", "telemetry-logs"),
        ("usage_snapshot", "usage-snapshot"),
    ],
)
def test_classes_switch_separately_and_billing_never(
    instances: dict[str, Instance], switch: str, switched: str
) -> None:
    instance = instances[f"no-{switch}"]
    for endpoint in PATHS:
        if endpoint == switched:
            _, record = instance.refused(Sent(PATHS[endpoint], documented(endpoint)), endpoint=endpoint)
            assert record["reason_code"] == "policy.telemetry-disabled"
        else:
            instance.allowed(endpoint)


def test_an_endpoint_and_a_license_can_be_refused(instances: dict[str, Instance]) -> None:
    sent = Sent(PATHS["usage-ingest"], documented("usage-ingest"))
    _, record = instances["refused-endpoint"].refused(sent, endpoint="usage-ingest")
    assert record["reason_code"] == "policy.endpoint-refused"
    instances["refused-endpoint"].allowed("license-verify")
    _, record = instances["one-license"].refused(sent, endpoint="usage-ingest")
    assert record["reason_code"] == "policy.license-not-allowed"


def test_a_sink_answers_success_and_the_record_says_that_nothing_was_sent(instances: dict[str, Instance]) -> None:
    instance = instances["sink"]
    for endpoint in OTLP:
        answer = instance.send(Sent(PATHS[endpoint], documented(endpoint)))
        assert (answer.status, answer.body) == (200, b"{}")
        answer = instance.send(documented_batch(endpoint))
        assert (answer.status, answer.headers["content-type"], answer.body) == (200, PROTOBUF, b"")
        record = instance.proxy.entries("refusal")[-1]
        assert (record["endpoint"], record["action"], record["status"]) == (endpoint, "refused", 200)
        assert answer.headers["x-beacon-audit-record"] == record["id"]
    assert instance.beacon.connections == 0


def test_langsmith_config_narrows_the_policy_and_the_refusal_names_it(tmp_path: Path) -> None:
    (tmp_path / "langsmith_config.yaml").write_text("config:\n  telemetry:\n    traces: false\n")
    with SimulatedBeacon(tmp_path) as beacon:
        policy = write_policy(tmp_path, beacon, langsmith_config="langsmith_config.yaml")
        with ProxyProcess(tmp_path, policy) as proxy:
            instance = Instance(beacon, proxy)
            sent = Sent(PATHS["telemetry-traces"], documented("telemetry-traces"))
            answer, record = instance.refused(sent, endpoint="telemetry-traces")
            assert "langsmith_config.yaml:3 config.telemetry.traces" in record["reason"]
            assert "langsmith_config.yaml:3 config.telemetry.traces" in answer.json()["message"]
            instance.allowed("telemetry-metrics")


def test_names_that_differ_in_spelling_only_are_one_destination(instances: dict[str, Instance]) -> None:
    instance = instances["enforce"]
    body = documented("license-verify")
    for connect, host in (
        (f"{HOST.upper()}:443", HOST),
        (f"{HOST}.:443", f"{HOST}:443"),
        (f"{HOST}:443", "Beacon.LangChain.COM.:443"),
    ):
        answer = instance.send(Sent(PATHS["license-verify"], body, {"connect": connect}, {"host": host}))
        assert answer.status == 200, (connect, host)


def test_usage_snapshots_that_the_environment_turns_off_are_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "langsmith_config.yaml").write_text(
        'commonEnv:\n  - name: PHONE_HOME_USAGE_REPORTING_ENABLED\n    value: "false"\n'
    )
    with SimulatedBeacon(tmp_path) as beacon:
        policy = write_policy(tmp_path, beacon, langsmith_config="langsmith_config.yaml")
        with ProxyProcess(tmp_path, policy) as proxy:
            instance = Instance(beacon, proxy)
            sent = Sent(PATHS["usage-snapshot"], documented("usage-snapshot"))
            _, record = instance.refused(sent, endpoint="usage-snapshot")
            assert "langsmith_config.yaml:3 PHONE_HOME_USAGE_REPORTING_ENABLED" in record["reason"]
            assert "still sends" in record["reason"]
            instance.allowed("telemetry-logs")
