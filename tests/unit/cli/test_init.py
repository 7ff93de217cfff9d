"""``init`` makes a home once and says what to hand to LangSmith, for people and for machines."""

import json
from pathlib import Path

import pytest

from beacon_audit.cli import main
from beacon_audit.cli.langsmith_values import helm_values
from beacon_audit.home import open_home


def test_init_makes_a_home_that_can_be_opened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--home", str(tmp_path / "home")]) == 0
    home = open_home(tmp_path / "home")
    text = capsys.readouterr().out
    assert str(home.ca_certificate) in text
    assert "name: HTTPS_PROXY" in text


def test_second_init_keeps_every_key_and_says_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["init", "--home", str(tmp_path / "home"), "--json"]
    assert main(arguments) == 0
    first = capsys.readouterr().out
    assert main(arguments) == 0
    assert capsys.readouterr().out == first


def test_machine_output_names_certificate_verifier_key_and_values(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "--home", str(tmp_path / "home"), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert Path(document["ca_certificate"]).read_bytes().startswith(b"-----BEGIN CERTIFICATE-----")
    assert document["trail_vkey"].startswith("beacon-audit/")
    assert document["helm_values"] == helm_values()


def test_no_private_key_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", "--home", str(tmp_path / "home")])
    main(["init", "--home", str(tmp_path / "home"), "--json"])
    text = capsys.readouterr().out
    home = open_home(tmp_path / "home")
    assert "PRIVATE KEY" not in text
    assert home.tokens_key.read_text().strip() not in text


def test_directory_with_other_files_is_not_taken_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter.txt").write_text("hello")
    assert main(["init", "--home", str(tmp_path)]) == 4
    assert "expected a new or empty directory" in capsys.readouterr().err
