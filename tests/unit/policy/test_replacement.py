"""What may change while the proxy runs, and what may not."""

from pathlib import Path

import pytest

from beacon_audit.errors import PolicyError
from beacon_audit.home import create_home
from beacon_audit.policy import Policy, changes_what_is_fixed, check_replacement, load_policy
from harness.policies import Loaded

VKEY = "witness.example.internal+1cf21616+BLJp5/+kzrW6lSPJbq17wXKhVHSG5Zn/WS7XvFKr7bi0"
FIXED = {
    "contract": "contract: langsmith-beacon/2025-10\n",
    "upstream": "upstream: {address: '10.0.4.20:443'}\n",
    "limits": "limits: {connections: 10}\n",
    "witnesses": f"witnesses: {{servers: [{{url: 'https://witness.example.internal', vkey: '{VKEY}'}}]}}\n",
}
FREE = (
    "mode: offline\n",
    "strictness: strict\n",
    "telemetry: {logs: false}\n",
    "endpoints: {usage-ingest: {action: refuse}}\n",
    "license: {fingerprints: ['license:3f9a:0123456789abcdef']}\n",
    "refusal: sink\n",
    "recording: {payloads: none, retention_days: 1}\n",
    "sources: [{name: a, cidr: 10.0.0.0/24}]\n",
    "langsmith_config: null\n",
)


@pytest.mark.parametrize("key", FIXED)
def test_what_the_proxy_was_built_from_may_not_change(loaded: Loaded, key: str) -> None:
    policy, follower = loaded(""), loaded(f"mode: enforce\n{FIXED[key]}")
    assert changes_what_is_fixed(policy, follower) == (key,)
    with pytest.raises(PolicyError, match=r"policy.yaml:3:1: expected .* as it was when the proxy started"):
        check_replacement(policy, follower)
    with pytest.raises(PolicyError, match=r"policy.yaml:1:1: expected"):  # the key has gone
        check_replacement(follower, policy)
    check_replacement(follower, follower)


def test_everything_that_may_not_change_is_named_at_once(loaded: Loaded) -> None:
    with pytest.raises(PolicyError) as caught:
        check_replacement(loaded(""), loaded("".join(FIXED.values())))
    assert [problem.line for problem in caught.value.problems] == [2, 3, 4, 5]


@pytest.mark.parametrize("text", FREE)
def test_everything_else_may_change(loaded: Loaded, text: str) -> None:
    check_replacement(loaded(""), loaded(text))
    check_replacement(loaded(text), loaded(""))


def test_certificates_may_not_change_behind_the_same_name(tmp_path: Path) -> None:
    def trusting(home: str) -> Policy:
        authority = create_home(tmp_path / home, ("beacon.langchain.com",)).ca_certificate
        (tmp_path / "ca.crt").write_bytes(authority.read_bytes())
        (tmp_path / "policy.yaml").write_text("version: 1\nupstream: {ca_file: ca.crt}\n")
        return load_policy("policy.yaml", cwd=tmp_path)

    assert changes_what_is_fixed(trusting("one"), trusting("another")) == ("upstream",)
