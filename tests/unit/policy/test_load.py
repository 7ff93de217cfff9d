"""A policy is loaded with everything it names: presets, certificates, the vendor's file that narrows it."""

from pathlib import Path

import pytest

from beacon_audit.errors import PolicyError
from beacon_audit.home import create_home
from beacon_audit.policy import Disabled, Policy, load_policy, preset_names
from harness.policies import Loaded, Refused, Write

CONFIG = "config:\n  telemetry:\n    metrics: false\n    traces: false\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return create_home(tmp_path_factory.mktemp("home") / "home", ("beacon.langchain.com",)).ca_certificate


def test_default_is_the_preset_enforce(tmp_path: Path) -> None:
    policy = load_policy(None, cwd=tmp_path)
    assert policy == load_policy("enforce", cwd=tmp_path)
    assert (policy.name, policy.mode) == ("enforce", "enforce")


def test_every_preset_loads() -> None:
    assert preset_names() == ("enforce", "observe", "offline", "telemetry-disabled")
    policies = {name: load_policy(name, cwd=Path("/nowhere")) for name in preset_names()}
    assert {name: policy.mode for name, policy in policies.items()} == {
        "enforce": "enforce", "observe": "observe", "offline": "offline", "telemetry-disabled": "enforce",
    }  # fmt: skip
    assert not any(policies["telemetry-disabled"].telemetry.values())
    assert len({policy.digest for policy in policies.values()}) == len(policies)


def test_file_is_relative_to_the_working_directory(write: Write) -> None:
    path = write("version: 1\nmode: observe\n")
    policy = load_policy(path.name, cwd=path.parent)
    assert (policy.name, policy.mode) == ("policy.yaml", "observe")


def test_file_called_like_a_preset_is_reached_with_its_directory(tmp_path: Path) -> None:
    (tmp_path / "enforce").write_text("version: 1\nmode: offline\n")
    assert load_policy("enforce", cwd=tmp_path).mode == "enforce"
    assert load_policy("./enforce", cwd=tmp_path).mode == "offline"


@pytest.mark.parametrize("reference", ["gone.yaml", "enforced", "."])
def test_policy_that_cannot_be_read_is_refused_with_the_presets(reference: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="expected a policy file or a preset") as caught:
        load_policy(reference, cwd=tmp_path)
    assert "telemetry-disabled" in str(caught.value)


# --- the vendor's file ----------------------------------------------------------------------------------------------


def test_langsmith_config_turns_off_what_it_turns_off_at_the_source(tmp_path: Path, loaded: Loaded) -> None:
    (tmp_path / "langsmith_config.yaml").write_text(CONFIG)
    policy = loaded("langsmith_config: langsmith_config.yaml\ntelemetry: {metrics: true, logs: false}\n")
    assert policy.telemetry == {"metrics": False, "traces": False, "logs": False, "usage_snapshot": True}
    assert list(policy.disabled) == ["metrics", "traces", "logs"]
    assert policy.disabled["metrics"] == Disabled("langsmith_config.yaml", 3, 14, "config.telemetry.metrics")
    assert policy.disabled["logs"].setting == "telemetry.logs"


def test_langsmith_config_can_turn_nothing_on(tmp_path: Path, loaded: Loaded) -> None:
    (tmp_path / "values.yaml").write_text("config: {telemetry: {metrics: true}}\n")
    policy = loaded("langsmith_config: values.yaml\ntelemetry: {metrics: false}\n")
    assert policy.telemetry["metrics"] is False


def test_line_of_the_policy_is_named_when_both_turn_it_off(tmp_path: Path, loaded: Loaded) -> None:
    (tmp_path / "values.yaml").write_text(CONFIG)
    policy = loaded("langsmith_config: values.yaml\ntelemetry: {metrics: false}\n")
    assert policy.disabled["metrics"].file == "policy.yaml"


def test_problems_of_both_files_are_reported_at_once(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "values.yaml").write_text("config: {telemetry: {metrics: 'false'}}\n")
    problems = refused("langsmith_config: values.yaml\nmode: x\n")
    assert [Path(problem.file).name for problem in problems] == ["policy.yaml", "values.yaml"]


@pytest.mark.parametrize("key", ["langsmith_config: {}", "upstream: {{ca_file: {}}}"])
@pytest.mark.parametrize("path", ["gone.yaml", "."])
def test_named_file_that_cannot_be_read_is_refused_at_its_line(key: str, path: str, refused: Refused) -> None:
    (problem,) = refused(key.format(path))
    assert problem.line == 2
    assert "got a path that cannot be read: " in problem.message


# --- certificates ---------------------------------------------------------------------------------------------------


def test_certificates_are_relative_to_the_policy_and_come_out_absolute(
    tmp_path: Path, certificate: Path, loaded: Loaded
) -> None:
    (tmp_path / "ca.pem").write_bytes(certificate.read_bytes())
    assert loaded("upstream: {ca_file: ca.pem}").upstream.ca_file == tmp_path / "ca.pem"


@pytest.mark.parametrize(
    "content", [b"", b"text", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"\xff\x00"]
)
def test_file_without_a_certificate_is_refused(tmp_path: Path, content: bytes, refused: Refused) -> None:
    (tmp_path / "ca.pem").write_bytes(content)
    (problem,) = refused("upstream: {ca_file: ca.pem}")
    assert "expected a file of PEM certificates for upstream.ca_file" in problem.message


# --- the contract ---------------------------------------------------------------------------------------------------


def test_directory_of_a_contract_is_relative_to_the_policy(tmp_path: Path, loaded: Loaded) -> None:
    (tmp_path / "own").mkdir()
    assert loaded("contract: own").contract == str(tmp_path / "own")
    assert loaded("contract: langsmith-beacon/2025-10").contract == "langsmith-beacon/2025-10"


# --- the digest -----------------------------------------------------------------------------------------------------


def test_digest_does_not_depend_on_how_the_file_is_written(loaded: Loaded) -> None:
    plain = loaded("mode: enforce\ntelemetry: {logs: false, metrics: false}\n")
    again = loaded("# comment\ntelemetry:\n\n  metrics: false\n  logs: false\nstrictness: 'standard'\n")
    assert plain.disabled != again.disabled  # other lines
    assert plain.digest == again.digest


@pytest.mark.parametrize(
    "text",
    [
        "mode: observe", "mode: offline", "strictness: lenient", "strictness: strict", "refusal: sink",
        "telemetry: {metrics: false}", "telemetry: {usage_snapshot: false}", "contract: elsewhere/1",
        "endpoints: {usage-ingest: {action: refuse}}", "endpoints: {usage-ingest: {}}",
        "endpoints: {usage-ingest: {findings: {contract.wrong-type: note}}}",
        "license: {fingerprints: ['license:3f9a:0123456789abcdef']}", "recording: {payloads: none}",
        "recording: {retention_days: 1}", "upstream: {address: '127.0.0.1:1'}", "upstream: {proxy: 'http://p:1'}",
        "limits: {body_bytes: 1024}", "limits: {decoded_bytes: 16777216}", "limits: {json_depth: 16}",
        "limits: {commit_deadline_s: 1}", "limits: {connections: 10}", "limits: {buffered_bytes: 16777216}",
        "sources: [{name: a, cidr: 10.0.0.0/8}]",
    ],
)  # fmt: skip
def test_digest_changes_with_everything_that_is_in_force(text: str, loaded: Loaded) -> None:
    assert loaded(text).digest != loaded("").digest


def test_digest_changes_when_the_vendors_file_turns_something_off(tmp_path: Path, loaded: Loaded) -> None:
    def with_config(text: str) -> Policy:
        (tmp_path / "values.yaml").write_text(text)
        return loaded("langsmith_config: values.yaml")

    assert with_config("config: {}").digest == loaded("").digest
    assert with_config(CONFIG).digest != loaded("").digest


def test_digest_changes_with_the_content_of_the_certificates_and_not_with_their_path(
    tmp_path: Path, certificate: Path, loaded: Loaded
) -> None:
    (tmp_path / "a.pem").write_bytes(certificate.read_bytes())
    (tmp_path / "b.pem").write_bytes(certificate.read_bytes())
    (tmp_path / "c.pem").write_bytes(certificate.read_bytes() * 2)
    a, b, c = (loaded(f"upstream: {{ca_file: {name}.pem}}").digest for name in "abc")
    assert a == b
    assert a != c
