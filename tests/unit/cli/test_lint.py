"""``lint`` prints what is wrong with a LangSmith configuration, with its place."""

import json
from pathlib import Path

import pytest

from beacon_audit.cli import main

# The vendor's own snippet for turning telemetry off leaves logs on in newer releases.
INCOMPLETE = "config:\n  telemetry:\n    metrics: false\n    traces: false\n"
COMPLETE = INCOMPLETE + "    logs: false\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "langsmith_config.yaml"


def test_configuration_without_problems_is_fine_and_silent(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(COMPLETE)
    assert main(["lint", str(config)]) == 0
    assert capsys.readouterr().out == ""


def test_problem_is_printed_with_file_line_and_column(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(INCOMPLETE)
    assert main(["lint", str(config)]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    place, _, message = line.partition(": ")
    name, row, column = place.rsplit(":", 2)
    assert name.endswith("langsmith_config.yaml")
    assert row.isdecimal()
    assert column.isdecimal()
    assert "logs" in message


def test_machine_output_has_one_object_per_problem(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(INCOMPLETE)
    assert main(["lint", "--json", str(config)]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    document = json.loads(line)
    assert list(document) == ["file", "line", "column", "message"]
    assert isinstance(document["line"], int)


def test_file_that_is_no_yaml_is_a_problem_too(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text("config: [unclosed\n")
    assert main(["lint", str(config)]) == 1
    assert "langsmith_config.yaml:" in capsys.readouterr().out


def test_missing_file_is_wrong_usage(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", str(config)]) == 4
    assert "No such file" in capsys.readouterr().err
