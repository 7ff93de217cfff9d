"""Lint finds settings that leave something on though they look complete, and tells advice from problems."""

from pathlib import Path

import pytest

from beacon_audit.policy.lint import advise_langsmith_config, lint_langsmith_config


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "langsmith_config.yaml"


def test_vendors_snippet_leaves_logs_on(config: Path) -> None:
    config.write_text("config:\n  telemetry:\n    metrics: false\n    traces: false\n")
    (problem,) = lint_langsmith_config(config)
    assert (problem.file, problem.line, problem.column) == (str(config), 3, 5)
    assert "expected logs: false beside metrics and traces" in problem.message


@pytest.mark.parametrize(
    ("off", "missing"), [("logs: false, traces: false", "metrics"), ("logs: false, metrics: false", "traces")]
)
def test_two_switches_without_the_third_leave_it_on(config: Path, off: str, missing: str) -> None:
    config.write_text(f"config: {{telemetry: {{{off}}}}}")
    (problem,) = lint_langsmith_config(config)
    assert f"expected {missing}: false beside" in problem.message


@pytest.mark.parametrize(
    "text",
    [
        "config: {telemetry: {metrics: false, traces: false, logs: false}}",
        "config: {telemetry: {metrics: false, traces: false, logs: true}}",  # said on purpose
        "config: {telemetry: {metrics: false}}",
        "config: {telemetry: {metrics: true, traces: false}}",
        "config: {}",
        "config: {observability: {tracing: {enabled: true}}}",
        "commonEnv: []",
        "commonEnv:",
        'commonEnv: [{name: PHONE_HOME_USAGE_REPORTING_ENABLED, value: "false"}, {name: A, valueFrom: {}}]',
    ],
)
def test_file_that_says_what_it_means_has_no_problems(text: str, config: Path) -> None:
    config.write_text(text)
    assert lint_langsmith_config(config) == ()
    assert advise_langsmith_config(config) == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("observability: {tracing: {enabled: true}}", "1:1: expected config.observability, got observability,"),
        ("config:\n  telemetry: {observability: {}}", "2:15: expected config.observability, got config.telemetry."),
        ("config:\n  tracing: {enabled: true}", "2:3: expected config.observability.tracing, got config.tracing,"),
        ("tracing: {enabled: true}", "1:1: expected config.observability.tracing, got tracing,"),
        ("config: {telemetry: {tracing: false}}", "1:22: expected config.telemetry.traces for Beacon"),
    ],
)
def test_observability_where_the_chart_does_not_read_it_is_found(config: Path, text: str, message: str) -> None:
    config.write_text(text)
    (problem,) = lint_langsmith_config(config)
    assert message in str(problem)


def test_problems_come_in_the_order_of_the_file(config: Path) -> None:
    config.write_text("telemetry: {logs: false}\nconfig:\n  telemetry:\n    metrics: 'false'\n    traces: off\n")
    assert [problem.line for problem in lint_langsmith_config(config)] == [1, 4, 5]


def test_missing_file_is_an_operating_system_error(config: Path) -> None:
    with pytest.raises(FileNotFoundError):
        lint_langsmith_config(config)
