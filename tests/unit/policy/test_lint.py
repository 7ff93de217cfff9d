"""Lint finds settings that leave something on though they look complete."""

from pathlib import Path

import pytest

from beacon_audit.policy.lint import lint_langsmith_config


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "langsmith_config.yaml"


def test_vendors_snippet_leaves_logs_on(config: Path) -> None:
    config.write_text("config:\n  telemetry:\n    metrics: false\n    traces: false\n")
    (problem,) = lint_langsmith_config(config)
    assert (problem.file, problem.line, problem.column) == (str(config), 3, 5)
    assert "expected logs: false beside metrics and traces" in problem.message


@pytest.mark.parametrize(
    "text",
    [
        "config: {telemetry: {metrics: false, traces: false, logs: false}}",
        "config: {telemetry: {metrics: false, traces: false, logs: true}}",  # said on purpose
        "config: {telemetry: {metrics: false}}",
        "config: {telemetry: {metrics: true, traces: false}}",
        "config: {}",
    ],
)
def test_file_that_says_what_it_means_has_no_problems(text: str, config: Path) -> None:
    config.write_text(text)
    assert lint_langsmith_config(config) == ()


def test_problems_come_in_the_order_of_the_file(config: Path) -> None:
    config.write_text("telemetry: {logs: false}\nconfig:\n  telemetry:\n    metrics: 'false'\n    traces: off\n")
    assert [problem.line for problem in lint_langsmith_config(config)] == [1, 4, 5]


def test_missing_file_is_an_operating_system_error(config: Path) -> None:
    with pytest.raises(FileNotFoundError):
        lint_langsmith_config(config)
