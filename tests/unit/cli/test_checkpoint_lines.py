"""Checkpoints on stdout: every one as a line, as long as somebody reads, and nobody is held up when nobody does."""

import contextlib
import errno
import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from io import TextIOWrapper
from types import SimpleNamespace

import pytest

from beacon_audit.cli import checkpoint_lines
from beacon_audit.cli.checkpoint_lines import WAITING_LIMIT, CheckpointLines, checkpoint_line
from beacon_audit.trail.checkpoint import Checkpoint
from beacon_audit.trail.note import sign_note
from harness.outsider import read_checkpoint
from harness.trail import SIGNER

ROOT = bytes(range(32))


def note_of(size: int) -> bytes:
    return sign_note(Checkpoint(SIGNER.verifier.name, size, ROOT).text, SIGNER).encode()


class Stdout:
    """A pipe in the place of stdout."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()
        self.stream: TextIOWrapper = os.fdopen(self.writer, "w")
        self._seen = b""

    def fill(self) -> int:
        """Write until nothing more goes in; how much that was."""
        other = os.open(f"/proc/self/fd/{self.writer}", os.O_WRONLY | os.O_NONBLOCK)
        written = 0
        try:
            while True:
                written += os.write(other, b"x" * 512)
        except BlockingIOError:
            return written
        finally:
            os.close(other)

    def skip(self, count: int) -> None:
        while count:
            count -= len(os.read(self.reader, count))

    def lines(self, count: int) -> list[bytes]:
        """So many lines, waiting for them."""
        while self._seen.count(b"\n") < count:
            self._seen += os.read(self.reader, 65536)
        return self._seen.split(b"\n")[:count]

    def leave(self) -> None:
        os.close(self.reader)
        self.reader = -1


@pytest.fixture
def stdout(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stdout]:
    stdout = Stdout()
    # Not `sys.stdout` itself: pytest puts its own there once the test begins.
    monkeypatch.setattr(checkpoint_lines, "sys", SimpleNamespace(stdout=stdout.stream))
    yield stdout
    with contextlib.suppress(BrokenPipeError):
        stdout.stream.close()


@pytest.fixture
def lines(stdout: Stdout) -> Iterator[CheckpointLines]:
    lines = CheckpointLines()
    yield lines
    if stdout.reader >= 0:
        stdout.leave()  # so that nobody waits to write any more
    lines.close(10)


def sizes(lines: list[bytes]) -> list[int]:
    return [json.loads(line)["size"] for line in lines]


def test_a_line_says_what_the_signed_note_in_it_says() -> None:
    line = checkpoint_line(note_of(42))
    fields = json.loads(line)

    assert "\n" not in line
    assert line.isascii()
    assert fields.keys() == {"event", "origin", "size", "root", "checkpoint"}
    assert fields["event"] == "checkpoint"
    tree = read_checkpoint(fields["checkpoint"].encode(), SIGNER.vkey)
    assert (fields["origin"], fields["size"]) == (tree.origin, tree.size) == (SIGNER.verifier.name, 42)
    assert fields["root"] == "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


def test_nothing_is_printed_before_the_start_and_everything_after_it_in_order(
    stdout: Stdout, lines: CheckpointLines
) -> None:
    for size in (1, 2):
        lines.add(note_of(size))
    time.sleep(0.05)
    os.set_blocking(stdout.reader, False)
    with pytest.raises(BlockingIOError):
        os.read(stdout.reader, 1)
    os.set_blocking(stdout.reader, True)

    lines.start()
    lines.add(note_of(3))

    assert sizes(stdout.lines(3)) == [1, 2, 3]


def test_what_waits_at_the_end_is_printed(stdout: Stdout, lines: CheckpointLines) -> None:
    lines.start()
    for size in range(1, 50):
        lines.add(note_of(size))
    lines.close()

    assert sizes(stdout.lines(49)) == list(range(1, 50))


def test_closing_what_was_never_started_does_not_wait(stdout: Stdout, lines: CheckpointLines) -> None:
    lines.add(note_of(1))
    begin = time.monotonic()
    lines.close()

    assert time.monotonic() - begin < 4


def test_nobody_who_adds_waits_and_the_newest_are_kept(
    stdout: Stdout, lines: CheckpointLines, caplog: pytest.LogCaptureFixture
) -> None:
    filled = stdout.fill()
    lines.start()
    last = WAITING_LIMIT + 150
    note = note_of(7)
    begin = time.monotonic()
    for _ in range(last - 1):
        lines.add(note)
    lines.add(note_of(8))

    assert time.monotonic() - begin < 20
    stdout.skip(filled)
    printed = sizes(stdout.lines(WAITING_LIMIT))
    if printed[-1] != 8:  # one more was on its way when the others began to wait
        printed = sizes(stdout.lines(WAITING_LIMIT + 1))
    assert printed[-1] == 8
    counts = [record.args for record in caplog.records if "nobody reads stdout" in record.getMessage()]
    assert [count[0] for count in counts if isinstance(count, tuple)] == [1, 10, 100]


def test_the_end_does_not_wait_for_a_reader_and_says_what_was_left_out(
    stdout: Stdout, lines: CheckpointLines, caplog: pytest.LogCaptureFixture
) -> None:
    stdout.fill()
    lines.start()
    for size in (1, 2, 3):
        lines.add(note_of(size))
    begin = time.monotonic()
    lines.close(patience_s=0.2)

    assert 0.2 <= time.monotonic() - begin < 8
    assert [record.getMessage() for record in caplog.records] == [
        "3 checkpoints could not be printed: nobody reads stdout"
    ]


def test_stdout_can_be_flushed_while_a_line_waits_for_a_reader(stdout: Stdout, lines: CheckpointLines) -> None:
    """It is flushed when the process ends: a lock that is held there would hold up the end for ever."""
    stdout.fill()
    lines.start()
    lines.add(note_of(1))
    lines.close(patience_s=0.1)
    flushing = threading.Thread(target=stdout.stream.flush, daemon=True)
    flushing.start()
    flushing.join(2)

    assert not flushing.is_alive()


def test_a_reader_that_went_away_is_told_once_in_a_while_and_stops_nothing(
    stdout: Stdout, lines: CheckpointLines, caplog: pytest.LogCaptureFixture
) -> None:
    stdout.leave()
    lines.start()
    for size in range(1, 31):
        lines.add(note_of(size))
    lines.close()

    messages = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert messages == [f"{count} checkpoints could not be printed: Broken pipe" for count in (1, 10)]


def test_a_line_that_was_cut_by_a_full_disk_spoils_none_that_follows(
    stdout: Stdout, lines: CheckpointLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = os.write, iter(("cut", "full"))

    def failing(descriptor: int, data: bytes) -> int:
        call = next(calls, None) if descriptor == stdout.writer else None
        if call == "full":
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, data[:20] if call else data)

    monkeypatch.setattr(os, "write", failing)
    lines.start()
    for size in (1, 2, 3):
        lines.add(note_of(size))
    lines.close()

    cut, *whole = stdout.lines(3)
    assert len(cut) == 20
    assert sizes(whole) == [2, 3]


def test_a_stdout_that_does_not_block_is_waited_for(stdout: Stdout, lines: CheckpointLines) -> None:
    """Who started us may share it so: a terminal, a pipe of an event loop."""
    filled = stdout.fill()
    os.set_blocking(stdout.writer, False)
    lines.start()
    for size in (1, 2):
        lines.add(note_of(size))
    time.sleep(0.1)
    stdout.skip(filled)

    assert sizes(stdout.lines(2)) == [1, 2]
    lines.close()
