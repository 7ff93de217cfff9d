"""``rotate-key`` puts another key in force, on the record, and touches nothing else."""

import json

import pytest

from beacon_audit.cli import main
from beacon_audit.home import Home, open_trail_writer
from beacon_audit.trail import read_trail
from harness.outsider import is_signed_by


def rotate(home: Home, *more: str, reason: str = "the old one was lent out") -> int:
    return main(["rotate-key", "--home", str(home.path), "--reason", reason, *more])


def contents(home: Home, *names: str) -> dict[str, bytes]:
    return {name: (home.path / name).read_bytes() for name in names}


def test_new_vkey_is_printed_and_signs_from_here_on(recorded: Home, capsys: pytest.CaptureFixture[str]) -> None:
    old = recorded.trail_vkey.read_text().strip()
    assert rotate(recorded) == 0
    new = recorded.trail_vkey.read_text().strip()

    assert capsys.readouterr().out == f"{new}\n"
    assert new != old
    assert new.split("+")[0] == old.split("+")[0]
    newest = (recorded.trail / "checkpoint").read_bytes()
    assert is_signed_by(newest, new)
    assert not is_signed_by(newest, old)
    change = list(read_trail(recorded.trail))[-1]
    assert (change["type"], change["old"], change["new"]) == ("key-change", old, new)
    assert change["reason"] == "the old one was lent out"


def test_machine_output_is_one_object(recorded: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert rotate(recorded, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"trail_vkey": recorded.trail_vkey.read_text().strip()}


def test_everything_else_of_the_home_stays(recorded: Home) -> None:
    names = ("ca/ca.pem", "ca/ca.crt", "keys/tokens.key")
    before, old = contents(recorded, *names), recorded.trail_key.read_bytes()
    assert rotate(recorded) == 0

    assert contents(recorded, *names) == before
    assert recorded.trail_key.read_bytes() != old
    assert recorded.trail_key.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in recorded.keys.iterdir()) == ["tokens.key", "trail.key", "trail.vkey"]


def test_key_stays_while_somebody_writes_to_the_trail(recorded: Home, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("keys/trail.key", "keys/trail.vkey", "trail/checkpoint")
    writer = open_trail_writer(recorded, new_id=lambda: "n" * 26, now=lambda: "2026-01-05T00:00:00Z")
    before = contents(recorded, *names)
    try:
        assert rotate(recorded) == 4
    finally:
        writer.close()

    error = capsys.readouterr().err
    assert "another process writes to this trail; stop it first" in error
    assert contents(recorded, *names) == before
    assert not recorded.next_trail_key.exists()


@pytest.mark.parametrize("reason", ["", "  ", "two\nlines", "\x1b[2J", "x" * 501, "\udcff"])
def test_reason_that_could_not_be_shown_is_refused(
    recorded: Home, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(recorded, "keys/trail.key", "trail/checkpoint")
    assert rotate(recorded, reason=reason) == 4

    assert "expected 1 to 500 printable characters" in capsys.readouterr().err
    assert contents(recorded, "keys/trail.key", "trail/checkpoint") == before


def test_reason_is_asked_for(recorded: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rotate-key", "--home", str(recorded.path)]) == 4
    assert "--reason" in capsys.readouterr().err
