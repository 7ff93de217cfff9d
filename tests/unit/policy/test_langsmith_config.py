"""The vendor's file: what it turns off is found with its place, and what only looks turned off is refused."""

import pytest

from beacon_audit.policy import Disabled
from beacon_audit.policy.langsmith_config import parse_langsmith_config

# As the vendor's page has it.
SNIPPET = b"config:\n  telemetry:\n    metrics: false\n    traces: false\n"


def disabled(data: bytes) -> dict[str, Disabled]:
    config = parse_langsmith_config(data, "dir/langsmith_config.yaml")
    assert config.source.problems == []
    return config.disabled


def problems(data: bytes) -> list[str]:
    return [str(problem) for problem in parse_langsmith_config(data, "values.yaml").source.problems]


def test_vendors_snippet_turns_off_metrics_and_traces() -> None:
    assert disabled(SNIPPET) == {
        "metrics": Disabled("langsmith_config.yaml", 3, 14, "config.telemetry.metrics"),
        "traces": Disabled("langsmith_config.yaml", 4, 13, "config.telemetry.traces"),
    }


@pytest.mark.parametrize(
    "data",
    [
        b"config: {}",
        b"config:",
        b"config: {telemetry: null}",
        b"config: {telemetry: {metrics: true, logs: True, other: off}}",
        b"images: {tag: off, date: 2025-10-01}\ncommonEnv: [{name: A, value: no}]",
        b"global: &g {a: 1}\nother: *g\nx: {<<: *g}\ny: !custom z\nconfig: {telemetry: {metrics: true}}",
        b"config: {hostname: x, telemetry: {usage: 'false'}}",
    ],
)
def test_file_with_other_settings_turns_nothing_off(data: bytes) -> None:
    assert disabled(data) == {}


def test_switch_is_found_in_a_file_with_anchors_elsewhere() -> None:
    assert list(disabled(b"a: &a {x: 1}\nb: {<<: *a}\nconfig: {telemetry: {logs: false}}")) == ["logs"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            b"config: {telemetry: {metrics: 'false'}}",
            "values.yaml:1:31: expected true or false for config.telemetry.metrics, got quoted text, "
            "which counts as true; remove the quotes",
        ),
        (b"config: {telemetry: {logs: off}}", "1:28: expected true or false for config.telemetry.logs, got a word"),
        (b"config: {telemetry: {logs: 0}}", "1:28: expected true or false for config.telemetry.logs, got an integer"),
        (b"config: {telemetry: {logs: null}}", "1:28: expected true or false for config.telemetry.logs, got nothing"),
        (b"config: {telemetry: {logs: {enabled: false}}}", "1:28: expected true or false"),
        (b"config: {telemetry: false}", "1:21: expected a mapping for config.telemetry, got true or false"),
        (b"config: [telemetry]", "1:9: expected a mapping for config, got a list"),
        (b"telemetry: {metrics: false}", "1:1: expected config.telemetry as nested keys, got telemetry here"),
        (b"config.telemetry.logs: false", "1:1: expected config.telemetry.logs as nested keys"),
        (b"config: {telemetry.traces: false}", "1:10: expected config.telemetry.traces as nested keys"),
        (b"config: {telemetry: {logs: false, logs: true}}", "1:35: expected every key once"),
        (b"config: [unclosed", "expected YAML: "),
    ],
)
def test_switch_that_only_looks_turned_off_is_refused(data: bytes, message: str) -> None:
    (problem,) = problems(data)
    assert message in problem


@pytest.mark.parametrize(
    "data",
    [
        b"a: &a {config: {telemetry: {logs: false}}}\n<<: *a",
        b"a: &a {telemetry: {logs: false}}\nconfig: *a",
        b"a: &a {telemetry: {logs: false}}\nconfig: {<<: *a}",
        b"a: &a {logs: false}\nconfig: {telemetry: *a}",
        b"a: &a {logs: false}\nconfig: {telemetry: {<<: *a, metrics: true}}",
        b"a: &a false\nconfig: {telemetry: {logs: *a}}",
        b"config: {telemetry: {logs: !!bool false}}",
    ],
)
def test_switch_that_is_said_indirectly_is_refused_and_not_overlooked(data: bytes) -> None:
    assert any("got an anchor, alias, tag or merge key" in problem for problem in problems(data))


NAME = "PHONE_HOME_USAGE_REPORTING_ENABLED"


@pytest.mark.parametrize("value", ['"false"', "'False'", '"FALSE"'])
def test_environment_turns_usage_snapshots_off(value: str) -> None:
    found = disabled(f"commonEnv:\n  - {{name: A, value: x}}\n  - name: {NAME}\n    value: {value}\n".encode())
    assert found == {"usage_snapshot": Disabled("langsmith_config.yaml", 4, 12, NAME)}


@pytest.mark.parametrize("item", ['value: "true"', "value: true", "valueFrom: {configMapKeyRef: {}}", 'value: "TRUE"'])
def test_environment_that_does_not_turn_usage_snapshots_off_turns_nothing_off(item: str) -> None:
    assert disabled(f"commonEnv: [{{name: {NAME}, {item}}}]".encode()) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # As the vendor's page on egress shows it, word for word and at the two places where a reader may put it.
        (
            f"{NAME}: false",
            f"1:1: expected {NAME} in the list commonEnv, got it here, where the chart does not read it",
        ),
        (f"commonEnv:\n  {NAME}: false", "2:3: expected a list of name and value for commonEnv, got a mapping"),
        (f"config: {{{NAME}: false}}", f"1:10: expected {NAME} in the list commonEnv"),
        (f"config: {{telemetry: {{{NAME}: false}}}}", f"1:22: expected {NAME} in the list commonEnv"),
        (f"commonEnv: [{{name: {NAME}, value: false}}]", 'expected "true" or "false" in quotes'),
        (f"commonEnv: [{{name: {NAME}, value: no}}]", 'expected "true" or "false" in quotes'),
        (f"commonEnv: [{{name: {NAME}, value: 'off'}}]", 'expected "true" or "false" in quotes'),
        (f"commonEnv: [{{name: {NAME}, value: 0}}]", 'expected "true" or "false" in quotes'),
        (f"commonEnv: [{{name: {NAME}, value: '0'}}]", 'expected "true" or "false" in quotes'),
        (f"commonEnv: [{{name: {NAME}, value: []}}]", 'expected "true" or "false" in quotes'),
        ("commonEnv: text", "1:12: expected a list of name and value for commonEnv, got text"),
        (
            f"commonEnv: [{{name: {NAME}, value: 'true'}}, {{name: {NAME}, value: 'false'}}]",
            "expected every variable once",
        ),
        (f"a: &a 'false'\ncommonEnv: [{{name: {NAME}, value: *a}}]", "got an anchor, alias, tag or merge key"),
        (f"a: &a {{name: {NAME}, value: 'false'}}\ncommonEnv: [{{<<: *a}}]", "got one by a merge key"),
    ],
)
def test_variable_that_only_looks_turned_off_is_refused(text: str, message: str) -> None:
    (problem,) = problems(text.encode())
    assert message in problem


def test_all_problems_of_a_file_are_found() -> None:
    assert len(problems(b"config: {telemetry: {logs: off, traces: 'no'}}")) == 2
