"""``verify`` answers with its exit status, says why, and what to do next."""

import json
import os
import pty
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from beacon_audit.cli import main
from beacon_audit.home import Home
from harness.specimen import SIZE, Specimen, build_specimen


@pytest.fixture
def specimen(tmp_path: Path) -> Specimen:
    """A home that has lost its private keys, as a copy for an auditor has."""
    found = build_specimen(tmp_path / "home")
    (found.home / "keys").mkdir()
    (found.home / "keys" / "trail.vkey").write_text(found.key.vkey + "\n")
    (tmp_path / "anchor").write_bytes(found.anchor)
    return found


def run(specimen: Specimen, *more: str) -> int:
    return main(["verify", "--home", str(specimen.home), *more])


def anchor(specimen: Specimen) -> list[str]:
    return ["--anchor", str(specimen.home.parent / "anchor")]


def test_anchored_log_ends_with_0(specimen: Specimen, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(specimen, *anchor(specimen)) == 0
    page = capsys.readouterr().out
    assert page.startswith("OK: whole, unchanged, and anchored\n")
    assert f"size     {SIZE} entries" in page
    assert f"the first {SIZE} entries are the anchored ones" in page
    assert "2 present, 1 pruned" in page


def test_log_without_anchor_ends_with_3_and_says_how_to_anchor(
    specimen: Specimen, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(specimen) == 3
    page = capsys.readouterr().out
    assert page.startswith("NOT ANCHORED")
    assert "--anchor FILE" in page


def test_incomplete_log_ends_with_2_and_names_the_file(specimen: Specimen, capsys: pytest.CaptureFixture[str]) -> None:
    (specimen.trail / "tile/0/000").unlink()
    assert run(specimen, *anchor(specimen)) == 2
    page = capsys.readouterr().out
    assert "first bad entry: 0 (tile/0/000)" in page
    assert "missing-tile" in page


def test_tampered_log_ends_with_1_and_names_entry_file_and_offset(
    specimen: Specimen, capsys: pytest.CaptureFixture[str]
) -> None:
    path = specimen.trail / "tile/entries/000"
    data = bytearray(path.read_bytes())
    offset = sum(2 + len(entry) for entry in specimen.entries[:5])
    data[offset + 40] ^= 1
    path.write_bytes(data)
    assert run(specimen, *anchor(specimen)) == 1
    page = capsys.readouterr().out
    assert page.startswith("TAMPERED")
    assert f"first bad entry: 5 (tile/entries/000, byte {offset})" in page


def test_tampering_outweighs_what_is_missing(specimen: Specimen) -> None:
    (specimen.trail / "tile/0/000").unlink()
    (specimen.trail / "surplus").touch()
    assert run(specimen) == 1


def test_machine_output_is_one_object(specimen: Specimen, capsys: pytest.CaptureFixture[str]) -> None:
    (specimen.trail / "surplus").touch()
    assert run(specimen, "--json", *anchor(specimen)) == 1
    out = capsys.readouterr()
    document = json.loads(out.out)
    assert out.err == ""
    assert {"verdict", "origin", "size", "root", "problems"} <= document.keys()
    assert (document["verdict"], document["origin"], document["size"]) == ("tampered", specimen.key.name, SIZE)
    (problem,) = document["problems"]
    assert problem.pop("message")
    assert problem == {"code": "surplus-file", "entry": None, "file": "surplus", "offset": None}


def test_every_kind_of_anchor_is_taken_and_all_must_agree(specimen: Specimen, tmp_path: Path) -> None:
    lines = tmp_path / "stdout.log"
    lines.write_text(
        '{"event":"ready"}\n' + json.dumps({"event": "checkpoint", "checkpoint": specimen.anchor.decode()})
    )
    assert run(specimen, "--anchor", str(lines), "--anchor", str(specimen.trail / "checkpoints.log")) == 0
    foreign = build_specimen(tmp_path / "other", seed=8)
    other = tmp_path / "other.note"
    other.write_bytes(foreign.anchor)
    assert run(specimen, "--anchor", str(lines), "--anchor", str(other)) == 1


def test_copy_is_verified_with_a_key_from_elsewhere(
    specimen: Specimen, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vkey = specimen.home / "keys" / "trail.vkey"
    shutil.rmtree(specimen.trail / ".state")
    arguments = ["verify", "--trail", str(specimen.trail), "--vkey", str(vkey), *anchor(specimen)]
    assert main(arguments) == 0
    assert "not looked at" in capsys.readouterr().out
    (specimen.payloads / "2026-01-02" / "body-1.json.zst").unlink()
    assert main([*arguments, "--payloads", str(specimen.payloads)]) == 1


def test_deleted_log_is_tampering_and_not_wrong_usage(specimen: Specimen) -> None:
    shutil.rmtree(specimen.trail)
    assert run(specimen) == 1
    specimen.trail.mkdir()
    assert run(specimen) == 1


def test_wrong_usage_ends_with_4(specimen: Specimen, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vkey = specimen.home / "keys" / "trail.vkey"
    nothing = tmp_path / "nothing"
    (tmp_path / "empty").touch()
    for arguments in (
        ["--home", str(nothing)],
        ["--trail", str(nothing), "--vkey", str(vkey)],
        ["--trail", str(specimen.trail)],
        ["--trail", str(specimen.trail), "--vkey", str(vkey), "--home", str(specimen.home)],
        ["--home", str(specimen.home), "--vkey", str(tmp_path / "empty")],
        ["--home", str(specimen.home), "--anchor", str(nothing)],
        ["--home", str(specimen.home), "--anchor", str(tmp_path / "empty")],
    ):
        assert main(["verify", *arguments]) == 4, arguments
        assert capsys.readouterr().err.startswith("beacon-audit: ")


def test_what_cannot_be_read_ends_with_4_and_is_no_verdict(
    specimen: Specimen, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = specimen.trail / "tile/0/000"
    real = os.open

    def refuse(name: str | Path, flags: int, mode: int = 0o777) -> int:
        if str(name) == str(path):
            raise PermissionError(13, "Permission denied", str(name))
        return real(name, flags, mode)

    monkeypatch.setattr(os, "open", refuse)
    assert run(specimen) == 4
    assert "Permission denied" in capsys.readouterr().err


def test_nothing_is_written(specimen: Specimen) -> None:
    def state() -> dict[Path, tuple[int, bytes | None]]:
        return {
            path: (path.lstat().st_mtime_ns, path.read_bytes() if stat.S_ISREG(path.lstat().st_mode) else None)
            for path in specimen.home.rglob("*")
        }

    before = state()
    run(specimen, *anchor(specimen))
    assert state() == before


def test_hostile_names_do_not_reach_the_terminal(specimen: Specimen, capsys: pytest.CaptureFixture[str]) -> None:
    (specimen.trail / "a\x1b[2Jb").touch()
    assert run(specimen) == 1
    assert "\x1b" not in capsys.readouterr().out


def test_fresh_home_is_unanchored(home: Home) -> None:
    assert main(["verify", "--home", str(home.path)]) == 3


def test_bar_is_drawn_on_a_terminal_only_when_it_takes_a_while(specimen: Specimen) -> None:
    for patience, drawn in (("-1.0", True), ("60.0", False)):
        controller, terminal = pty.openpty()
        code = (
            "import sys; from beacon_audit.cli import main, verify; "
            f"verify.PATIENCE_S = {patience}; sys.exit(main(sys.argv[1:]))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, "verify", "--home", str(specimen.home)],
            stdout=subprocess.PIPE,
            stderr=terminal,
            check=False,
            timeout=30,
        )
        os.close(terminal)
        try:
            seen = os.read(controller, 65536)
        except OSError:  # nothing was written
            seen = b""
        os.close(controller)
        assert done.returncode == 3
        assert (b"verifying" in seen) == drawn
        assert b"verifying" not in done.stdout
