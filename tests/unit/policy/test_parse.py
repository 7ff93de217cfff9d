"""Each key of a policy takes what the reference says and refuses everything else, with its place."""

import pytest

from beacon_audit.policy import Limits, Recording
from harness.policies import Loaded, Refused


def test_file_with_only_its_version_has_every_default(loaded: Loaded) -> None:
    policy = loaded("")
    assert (policy.mode, policy.strictness, policy.refusal) == ("enforce", "standard", "reject")
    assert policy.contract == "langsmith-beacon/2026-08"
    assert dict(policy.telemetry) == {"metrics": True, "traces": True, "logs": True, "usage_snapshot": True}
    assert policy.recording == Recording("redacted", 400)
    assert policy.limits == Limits(16_777_216, 67_108_864, 64, 2.0)
    assert (policy.upstream.address, policy.upstream.ca_file, policy.upstream.proxy) == (None, None, None)
    assert (policy.endpoints, policy.license_fingerprints, policy.sources, policy.disabled) == ({}, (), (), {})


@pytest.mark.parametrize(
    "version", ["", "version: 2", "version: '1'", "version: 1.0", "version: null", "version: true"]
)
def test_version_is_one_and_must_be_given(version: str, refused: Refused, loaded: Loaded) -> None:
    from beacon_audit.policy.parse import parse_policy

    problems = parse_policy(f"{version}\nmode: enforce\n".encode(), "p.yaml").source.problems
    assert len(problems) == 1
    assert "version" in problems[0].message


@pytest.mark.parametrize("mode", ["enforce", "observe", "offline"])
def test_mode_is_taken(mode: str, loaded: Loaded) -> None:
    assert loaded(f"mode: {mode}").mode == mode


@pytest.mark.parametrize(
    ("line", "place", "words"),
    [
        ("mode: enforec", "2:7", "did you mean enforce?"),
        ("mode: off", "2:7", "a word that YAML 1.1 reads as true or false"),
        ("mode: [enforce]", "2:7", "got a list"),
        ("mode:", "2:6", "got nothing"),
        ("strictness: tight", "2:13", "expected one of lenient, standard, strict for strictness"),
        ("strictnes: strict", "2:1", "unknown key strictnes; did you mean strictness?"),
        ("zzz: 1", "2:1", "unknown key zzz; expected one of version, mode"),
        ("contract: 5", "2:11", "expected text for contract, got an integer; put it in quotes"),
        ("contract: null", "2:11", "expected the name or directory of a contract"),
        ('contract: "a\\0b"', "2:11", "got a character that cannot be shown"),
        ("telemetry: {metrics: 'false'}", "2:22", "expected true or false without quotes for telemetry.metrics"),
        ("telemetry: {metrics: no}", "2:22", "reads as true or false"),
        ("telemetry: {metric: false}", "2:13", "unknown key metric; did you mean metrics?"),
        ("telemetry: false", "2:12", "expected a mapping for telemetry, got true or false"),
        ("refusal: sinks", "2:10", "did you mean sink?"),
        ("recording: {payloads: all}", "2:23", "expected one of redacted, none for recording.payloads"),
        ("recording: {retention_days: 0}", "2:29", "expected an integer from 1 to 36500"),
        ("recording: {retention_days: 1_0}", "2:29", "reads as a number"),
        ("limits: {body_bytes: 67108865}", "2:22", "expected an integer from 1024 to 67108864 for limits.body_bytes"),
        ("limits: {body_bytes: true}", "2:22", "got true or false"),
        ("limits: {body_bytes: 1.5}", "2:22", "got a decimal number"),
        ("limits: {json_depth: 010}", "2:22", "reads as a number"),
        ("limits: {json_depth: 129}", "2:22", "expected an integer from 16 to 128 for limits.json_depth"),
        ("limits: {commit_deadline_s: 0}", "2:29", "expected a number of seconds from 0.1 to 30"),
        ("limits: {commit_deadline_s: 1:30}", "2:29", "reads as a number"),
        ("limits: {decoded_bytes: 4096}", "2:25", "at least limits.body_bytes, got less"),
        ("limits: {buffered_bytes: 4096}", "2:26", "expected limits.buffered_bytes to be at least limits.body_bytes"),
        ("limits: {buffered_bytes: 1}", "2:26", "expected an integer from 1024 to 68719476736"),
        ("limits:", "2:8", "expected a mapping for limits, got nothing"),
    ],
)
def test_wrong_value_is_refused_with_its_place(line: str, place: str, words: str, refused: Refused) -> None:
    (problem,) = refused(line)
    assert f"{problem.line}:{problem.column}" == place
    assert words in problem.message


def test_every_problem_is_reported_at_once(refused: Refused) -> None:
    problems = refused(
        "mode: x\nmode: enforce\nfoo: 1\nlimits: {json_depth: 1}\nsources: {}\nlangsmith_config: gone.yaml\n"
    )
    assert [problem.line for problem in problems] == [2, 3, 4, 5, 6, 7]


def test_limits_are_taken(loaded: Loaded) -> None:
    limits = loaded("limits: {body_bytes: 2048, decoded_bytes: 4096, json_depth: 32, commit_deadline_s: 0.5}").limits
    assert limits == Limits(2048, 4096, 32, 0.5)
    assert loaded("limits: {body_bytes: 2048, buffered_bytes: 2048}").limits.buffered_bytes == 2048


@pytest.mark.parametrize("secret", ["lcl_0123456789abcdef", "http://user:pa55word@proxy:3128", "off:pa55word"])
@pytest.mark.parametrize(
    "line",
    [
        "mode: {0}", "license: {{fingerprints: [{0}]}}", "license: {{{0}: 1}}", "{0}: 1", "endpoints: {{{0}: {{}}}}",
        "endpoints: {{license-verify: {{findings: {{{0}: block}}}}}}", "upstream: {{address: {0}}}", "refusal: {0}",
        "upstream: {{proxy: {0}}}", "upstream: {{ca_file: {0}}}", "limits: {{body_bytes: {0}}}", "contract: [{0}]",
        "sources: [{{name: {0}, cidr: {0}}}]", "langsmith_config: {0}", "telemetry: {{logs: {0}}}", "version: {0}",
        "mode: *{0}",
    ],
)  # fmt: skip
def test_value_in_the_wrong_place_is_never_repeated(line: str, secret: str, refused: Refused) -> None:
    quoted = secret if line.endswith("*{0}") else f'"{secret}"'
    text = "\n".join(str(problem) for problem in refused(line.format(quoted)))
    assert text
    assert "0123456789" not in text
    assert "pa55word" not in text
