"""Whatever a file of settings holds, reading it gives values or problems with a place in it, and nothing else."""

from hypothesis import example, given
from hypothesis import strategies as st

from beacon_audit.errors import Problem
from beacon_audit.policy.langsmith_config import parse_langsmith_config
from beacon_audit.policy.parse import KEYS, parse_policy

WORDS = [
    *KEYS, "config", "telemetry", "metrics", "traces", "logs", "true", "false", "off", "no", "null", "~", "1", "010",
    "1:30", "2025-10-01", "*a", "&a", "!t", "!!bool", "<<", "?", "[", "]", "{", "}", ":", ": ", ",", "- ", "|", ">",
    "#", "---", "...", "%YAML 1.1", '"', "'", "\\", "\\uD800", "\\UFFFFFFFF", "\n", "\n  ", " ", "\u2028", "\ufeff",
    "license:3f9a:0123456789abcdef", "10.0.0.0/8", "http://u:p@h:1", "wire.bom", "contract.wrong-type",
]  # fmt: skip

texts = st.lists(st.sampled_from(WORDS) | st.text(max_size=3), max_size=30).map("".join)
files = texts.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=60)


def assert_places(problems: list[Problem], data: bytes) -> None:
    lines = data.decode("utf-8", "replace").splitlines() or [""]
    for problem in problems:
        assert problem.file == "f.yaml"
        assert 1 <= problem.line <= len(lines) + 1
        assert problem.column >= 1
        assert "\n" not in problem.message


@given(files)
@example(b'a: "\\UFFFFFFFF"')
@example(b"%YAML 1." + b"9" * 5000 + b"\n---\na: 1\n")
@example(b'upstream: {ca_file: "\\ud800", proxy: "http://\\ud800:1"}')
@example(b"upstream: {proxy: 'http://[::1]x:1'}")
def test_reading_a_policy_never_raises(data: bytes) -> None:
    assert_places(parse_policy(data, "f.yaml").source.problems, data)


@given(files)
@example(b"a: &a\n  config: *a\n")
@example(b"config: &a {telemetry: *a}")
def test_reading_a_langsmith_config_never_raises(data: bytes) -> None:
    config = parse_langsmith_config(data, "f.yaml")
    assert_places(config.source.problems, data)
    assert config.disabled.keys() <= config.present


@given(st.text(st.characters(categories=["L", "N"], max_codepoint=0x17F), min_size=6, max_size=30))
def test_no_message_repeats_a_value(value: str) -> None:
    secret = f"zq{value}qz"
    text = (
        f"version: '{secret}'\nmode: '{secret}'\nlicense: {{fingerprints: ['{secret}']}}\n"
        f"upstream: {{address: '{secret}', proxy: '{secret}@'}}\nsources: [{{name: '{secret} ', cidr: '{secret}'}}]\n"
        f"witnesses: {{servers: [{{url: '{secret}', vkey: '{secret}'}}], quorum: '{secret}'}}\n"
    )
    problems = parse_policy(text.encode(), "f.yaml").source.problems
    assert len(problems) >= 10
    assert not any(secret in str(problem) for problem in problems)
