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


def test_advice_is_marked_and_no_reason_to_fail(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text('commonEnv: [{name: HTTPS_PROXY, value: "http://beacon-audit:8080"}]\n')
    assert main(["lint", str(config)]) == 0
    assert "langsmith_config.yaml:1:40: advice: some clients ignore HTTPS_PROXY" in capsys.readouterr().out
    assert main(["lint", "--json", str(config)]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["advice"] is True


def test_exception_for_a_documented_host_is_found(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text('commonEnv: [{name: NO_PROXY, value: "apac.beacon.langchain.com"}]\n')
    assert main(["lint", str(config)]) == 1
    assert "covers apac.beacon.langchain.com" in capsys.readouterr().out


def test_bundle_is_compared_with_the_ca_of_the_home(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, bundle = tmp_path / "home", tmp_path / "corp.crt"
    assert main(["init", "--home", str(home)]) == 0
    assert main(["init", "--home", str(tmp_path / "other")]) == 0
    config.write_text("config: {customCa: {secretName: corp, secretKey: corp.crt}}\n")
    options = ["--home", str(home), "--ca-bundle", str(bundle)]
    other = (tmp_path / "other" / "ca" / "ca.crt").read_bytes()
    bundle.write_bytes(other)
    capsys.readouterr()
    assert main(["lint", str(config), *options]) == 1
    assert "expected the CA of this home in corp.crt" in capsys.readouterr().out
    bundle.write_bytes(other + (home / "ca" / "ca.crt").read_bytes())
    assert main(["lint", str(config), *options]) == 0


def test_bundle_without_a_home_is_wrong_usage(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(COMPLETE)
    assert main(["lint", str(config), "--ca-bundle", str(config)]) == 4
    assert "--ca-bundle: expected --home DIR" in capsys.readouterr().err
