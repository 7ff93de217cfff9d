"""What is read is untrusted: sizes, lengths and numbers of files are bounded before they are believed."""

import time
import tracemalloc
from pathlib import Path

import pytest

from beacon_audit.trail.checkpoint import Checkpoint, encode_log_line
from beacon_audit.trail.note import Signer, sign_note
from beacon_audit.trail.verify import Verdict, verify_trail
from beacon_audit.trail.verify.evidence import NotAFile, read_file
from beacon_audit.trail.verify.problem import LISTED, Problems
from harness.log_builder import make_signer
from harness.specimen import Specimen, codes

HUGE = 9_000_000_000_000_000_000


def claim(directory: Path, size: int, signer: Signer) -> Verdict:
    """The verdict on a log of which there are only checkpoints that speak of ``size`` entries."""
    directory.mkdir()
    name = make_signer().verifier.name
    notes = [sign_note(Checkpoint(name, n, bytes(32)).text, signer).encode() for n in (1, size)]
    (directory / "checkpoint").write_bytes(notes[-1])
    (directory / "checkpoints.log").write_bytes(b"".join(map(encode_log_line, notes)))
    return verify_trail(
        directory, make_signer().verifier, anchors=[], payloads=None, progress=lambda _done, _total: None
    )


@pytest.mark.timeout(30)
def test_size_that_nobody_signed_is_not_believed(tmp_path: Path) -> None:
    begun = time.monotonic()
    assert codes(claim(tmp_path / "trail", HUGE, make_signer(5, make_signer().verifier.name))) == {"bad-signature"}
    assert time.monotonic() - begun < 5


@pytest.mark.timeout(60)
def test_size_far_beyond_what_is_there_ends_soon(tmp_path: Path) -> None:
    verdict = claim(tmp_path / "trail", HUGE, make_signer())
    assert verdict.verdict in ("incomplete", "tampered")
    assert "missing-bundle" in codes(verdict)


def test_problems_are_counted_and_the_worst_and_first_are_listed() -> None:
    problems = Problems()
    for index in range(5000):
        problems.add("unknown-outcome", "x", entry=index)
    for index in reversed(range(150)):
        problems.add("second-outcome", "x", entry=index)
    assert (problems.total, problems.tampered) == (5150, 150)
    assert [p.entry for p in problems.listed()] == list(range(LISTED))
    assert {p.code for p in problems.listed()} == {"second-outcome"}


@pytest.mark.parametrize("path", ["tile/entries/000.p/7", "tile/0/000.p/7"])
def test_of_older_files_no_more_is_read_than_they_should_have(specimen: Specimen, path: str) -> None:
    """There may be 255 for each bundle, all holes: to read them all would take hours."""
    (specimen.trail / path).parent.mkdir()
    with (specimen.trail / path).open("wb") as file:
        file.truncate(256 * 65_000)
    tracemalloc.start()
    try:
        verdict = specimen.verify(specimen.anchor)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert codes(verdict) == {"bundle-mismatch" if "entries" in path else "tile-mismatch"}
    assert peak < 12 * 1024 * 1024


def test_endless_files_are_not_read_to_the_end(specimen: Specimen) -> None:
    for name in ("checkpoint", "checkpoints.log", "tile/0/000", "tile/entries/000"):
        path = specimen.trail / name
        before = path.read_bytes()
        with path.open("r+b") as file:
            file.truncate(10 * 1024**4)  # sparse
        begun = time.monotonic()
        assert specimen.verify(specimen.anchor).verdict != "ok"
        assert time.monotonic() - begun < 10
        path.unlink()
        path.write_bytes(before)
    assert specimen.verify(specimen.anchor).verdict == "ok"


def long_lines(path: Path, length: int, sizes: range) -> None:
    """``checkpoints.log`` with lines between its first and its last that seem to speak of ``sizes`` and take next to no
    room on the disk."""
    lines = path.read_bytes().splitlines(keepends=True)
    with path.open("wb") as file:
        file.write(lines[0])
        for size in sizes:
            start = file.tell()
            file.write(b'"x\\n%d\\n' % size)
            file.seek(start + length - 1)
            file.write(b"\n")
        file.write(lines[-1])


@pytest.mark.parametrize("length", [3000, 700_000])
def test_long_lines_of_checkpoints_are_not_collected(specimen: Specimen, length: int) -> None:
    long_lines(specimen.trail / "checkpoints.log", length, range(1, 250))
    tracemalloc.start()
    try:
        verdict = specimen.verify(specimen.anchor)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 32 * 1024**2
    (problem,) = [p for p in verdict.problems if p.code == "checkpoint-log-damaged"]
    assert "line 2" in problem.message
    assert verdict.verdict == "tampered"


def test_bounded_reading_shows_that_there_is_more(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 100)
    assert len(read_file(path, 100)) == 100
    assert len(read_file(path, 50)) == 51
    with pytest.raises(FileNotFoundError):
        read_file(path / "below", 50)
    with pytest.raises(NotAFile, match="a directory"):
        read_file(tmp_path, 50)
