"""Checkpoints on stdout: each on one line, in order, and never in anybody's way."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from beacon_audit.cli import checkpoint_lines
from beacon_audit.cli.checkpoint_lines import CheckpointLines
from beacon_audit.trail.checkpoint import Checkpoint
from beacon_audit.trail.note import sign_note
from harness.trail import SIGNER


def note(size: int) -> bytes:
    return sign_note(Checkpoint(SIGNER.verifier.name, size, bytes([size % 251]) * 32).text, SIGNER).encode()


@pytest.fixture
def stdout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "stdout"
    with path.open("w") as file:
        monkeypatch.setattr(checkpoint_lines, "sys", SimpleNamespace(stdout=file))  # pytest exchanges the real one
        yield path


def test_a_line_holds_the_signed_note_and_its_parts(stdout: Path) -> None:
    lines = CheckpointLines()
    lines.start()
    lines.add(note(3))
    lines.close()
    (line,) = stdout.read_text().splitlines()
    fields = json.loads(line)
    assert list(fields) == ["event", "origin", "size", "root", "checkpoint"]
    assert (fields["event"], fields["size"], fields["origin"]) == ("checkpoint", 3, SIGNER.verifier.name)
    assert fields["checkpoint"].encode() == note(3)


def test_nothing_is_printed_before_the_start_and_nothing_is_lost_by_it(stdout: Path) -> None:
    lines = CheckpointLines()
    for size in (1, 2, 3):
        lines.add(note(size))
    assert stdout.read_text() == ""
    lines.start()
    lines.close()
    assert [json.loads(line)["size"] for line in stdout.read_text().splitlines()] == [1, 2, 3]


def test_of_too_many_that_wait_the_oldest_are_left_out_and_counted(
    stdout: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(checkpoint_lines, "WAITING_LIMIT", 3)
    lines = CheckpointLines()
    for size in range(1, 8):
        lines.add(note(size))
    lines.start()
    lines.close()
    assert [json.loads(line)["size"] for line in stdout.read_text().splitlines()] == [5, 6, 7]
    assert "1 checkpoints could not be printed" in caplog.text


def test_a_reader_that_has_gone_ends_the_printing_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as stream:
        monkeypatch.setattr(checkpoint_lines, "sys", SimpleNamespace(stdout=stream))
        lines = CheckpointLines()
        lines.start()
        lines.add(note(1))
        lines.add(note(2))
        lines.close()
    assert "checkpoints cannot be printed any more" in caplog.text


def test_a_thread_that_was_never_started_is_closed_at_once() -> None:
    CheckpointLines().close()
