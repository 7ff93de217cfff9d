"""``bundle`` writes evidence that its own verifier accepts, and says when the log was not sound."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from beacon_audit.cli import main
from beacon_audit.home import Home


def _verify(path: Path, *options: object) -> "subprocess.CompletedProcess[str]":
    with zipfile.ZipFile(path) as archive:
        program = path.with_name("program.py")
        program.write_bytes(archive.read("verify.py"))
    command = [sys.executable, "-I", str(program), str(path), *map(str, options)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_bundle_is_checked_by_the_program_in_it(
    recorded: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "evidence.zip"
    assert main(["bundle", "--home", str(recorded.path), "-o", str(path)]) == 0
    assert "5 of 5 entries" in capsys.readouterr().out
    anchor = recorded.trail / "checkpoint"
    done = _verify(path, "--vkey", recorded.trail_vkey, "--anchor", anchor)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_part_is_what_was_asked_for(recorded: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "evidence.zip"
    arguments = ["--since", "2026-01-03", "--until", "2026-01-03", "-o", str(path), "--json"]
    assert main(["bundle", "--home", str(recorded.path), *arguments]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["size"], answer["selected"], answer["payloads"], answer["verdict"]) == (5, 1, 0, "unanchored")
    with zipfile.ZipFile(path) as archive:
        coverage = json.loads(archive.read("coverage.json"))
        assert not [name for name in archive.namelist() if name.startswith("payloads/")]
    assert coverage["selection"] == {"since": "2026-01-03T00:00:00Z", "until": "2026-01-04T00:00:00Z"}
    assert coverage["entries"]["selected"] == [[2, 2]]
    assert _verify(path, "--vkey", recorded.trail_vkey).returncode == 3


def test_file_that_is_there_is_left_alone(recorded: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "evidence.zip"
    path.write_bytes(b"earlier evidence")
    assert main(["bundle", "--home", str(recorded.path), "-o", str(path)]) == 4
    assert "not overwritten" in capsys.readouterr().err
    assert path.read_bytes() == b"earlier evidence"


@pytest.mark.parametrize("place", ["trail", "trail/tile", "payloads", "keys"])
def test_nothing_is_written_among_the_files_of_the_instance(
    recorded: Home, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(recorded.path.rglob("*"))
    for command in (["bundle"], ["prove", "01j0000000000000000000deny"]):
        assert main([*command, "--home", str(recorded.path), "-o", str(recorded.path / place / "x")]) == 4
        assert "where it would count as tampering" in capsys.readouterr().err
    assert sorted(recorded.path.rglob("*")) == before


def test_log_that_was_tampered_with_is_exported_with_a_warning_and_ends_with_1(
    recorded: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (file,) = recorded.payloads.glob("*/*.zst")
    file.write_bytes(b"junk")
    path = tmp_path / "evidence.zip"
    assert main(["bundle", "--home", str(recorded.path), "-o", str(path)]) == 1
    assert "warning: the log is tampered" in capsys.readouterr().err
    assert _verify(path, "--vkey", recorded.trail_vkey).returncode == 1


def test_log_without_a_checkpoint_ends_with_4_and_says_what_to_do(
    recorded: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (recorded.trail / "checkpoint").unlink()
    (recorded.trail / "checkpoints.log").unlink()
    assert main(["bundle", "--home", str(recorded.path), "-o", str(tmp_path / "evidence.zip")]) == 4
    assert "keep a copy" in capsys.readouterr().err
    assert not (tmp_path / "evidence.zip").exists()


@pytest.mark.parametrize("arguments", [[], ["-o"], ["-o", "x.zip", "--since", "yesterday"]])
def test_wrong_usage_ends_with_4(recorded: Home, arguments: list[str]) -> None:
    assert main(["bundle", "--home", str(recorded.path), *arguments]) == 4


def test_directory_that_is_no_home_ends_with_4(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bundle", "--home", str(tmp_path), "-o", str(tmp_path / "evidence.zip")]) == 4
    assert "is this the right home?" in capsys.readouterr().err


def test_private_keys_are_not_needed_and_not_in_it(recorded: Home, tmp_path: Path) -> None:
    secrets = [recorded.trail_key.read_bytes(), recorded.tokens_key.read_bytes(), recorded.ca_private.read_bytes()]
    for path in recorded.private_files:
        path.unlink()
    path = tmp_path / "evidence.zip"
    assert main(["bundle", "--home", str(recorded.path), "-o", str(path)]) == 0
    with zipfile.ZipFile(path) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
    for secret in secrets:
        assert secret.strip().splitlines()[-2:][0] not in content
