"""What a crash of an honest writer leaves is incomplete, and what looks like it and is not, is tampered with."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from beacon_audit.trail.entry import encode_entry
from beacon_audit.trail.verify import verify_trail
from harness.journal_bytes import batch, end_of
from harness.log_builder import intent, moment, outcome, write_journal
from harness.specimen import CHECKPOINTS, FIRST_IN_JOURNAL, SIZE, Specimen, codes, write_specimen


def journal_of(specimen: Specimen) -> Path:
    (path,) = specimen.trail.glob(".state/*.wal")
    return path


def without_last_checkpoint(specimen: Specimen) -> None:
    """As after a crash between the tiles and the line in the log of checkpoints."""
    log = specimen.trail / "checkpoints.log"
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-1]))
    (specimen.trail / "checkpoint").write_bytes(specimen.notes[-2])


def append_batch(specimen: Specimen, *entries: bytes) -> bytes:
    path = journal_of(specimen)
    added = batch(end_of(path), entries)
    path.write_bytes(path.read_bytes() + added)
    return added


def test_checkpoint_one_line_behind_is_incomplete(specimen: Specimen) -> None:
    (specimen.trail / "checkpoint").write_bytes(specimen.notes[-2])
    verdict = specimen.verify(specimen.anchor)
    assert (verdict.verdict, codes(verdict), verdict.size) == ("incomplete", {"checkpoint-behind"}, SIZE)


@pytest.mark.parametrize("length", [1, 30, 150])
def test_torn_last_line_is_incomplete(specimen: Specimen, length: int) -> None:
    log = specimen.trail / "checkpoints.log"
    lines = log.read_bytes().splitlines(keepends=True)
    without_last_checkpoint(specimen)
    log.write_bytes(b"".join(lines[:-1]) + lines[-1][:length])
    verdict = specimen.verify(specimen.notes[-2])
    assert verdict.verdict == "incomplete"
    assert codes(verdict) == {"checkpoint-behind", "unpublished-file", "unsigned-tail"}


def test_first_checkpoint_may_lack_its_file(specimen: Specimen) -> None:
    shutil.rmtree(specimen.trail)
    write_specimen(specimen, sizes=(0,), journal=False)
    (specimen.trail / "checkpoint").unlink()
    shutil.rmtree(specimen.payloads)
    assert codes(specimen.verify(key=specimen.signers[0].verifier)) == {"checkpoint-behind"}


def test_files_ahead_of_the_checkpoint_that_the_journal_explains_are_incomplete(specimen: Specimen) -> None:
    without_last_checkpoint(specimen)
    verdict = specimen.verify(specimen.notes[-2])
    assert verdict.verdict == "incomplete"
    assert codes(verdict) == {"unpublished-file", "unsigned-tail"}
    assert verdict.size == CHECKPOINTS[-2]


def test_files_ahead_that_fill_tiles_are_explained_as_well(specimen: Specimen) -> None:
    """Entries 240 to 299 unsigned: a bundle and a tile became full, and a tile of level 1 begins."""
    shutil.rmtree(specimen.trail)
    write_specimen(specimen)
    ahead = specimen.home / "ahead"
    specimen.trail.rename(ahead)
    write_specimen(specimen, specimen.entries[:200], sizes=CHECKPOINTS[:5], journal=False)
    for name in ("tile", ".state"):
        shutil.copytree(ahead / name, specimen.trail / name, dirs_exist_ok=True)
    shutil.rmtree(specimen.trail / ".state")
    write_journal(specimen.trail, specimen.entries[190:], 190)
    verdict = specimen.verify(specimen.notes[4])
    # The `prune` entry is not signed yet, so it accounts for nothing.
    assert codes(verdict) == {"unpublished-file", "unsigned-tail", "payload-missing"}
    assert {p.file for p in verdict.problems} >= {"tile/1/000.p/1", "tile/0/000", "tile/entries/000"}


def test_files_ahead_of_the_checkpoint_that_nobody_explains_are_surplus(specimen: Specimen) -> None:
    without_last_checkpoint(specimen)
    path = specimen.trail / f"tile/entries/001.p/{SIZE - 256}"
    path.write_bytes(path.read_bytes().replace(b"heartbeat", b"heartbeet"))
    verdict = specimen.verify(specimen.notes[-2])
    assert verdict.verdict == "tampered"
    assert [p.file for p in verdict.problems if p.code == "surplus-file"] == [f"tile/entries/001.p/{SIZE - 256}"]


def test_durable_entries_without_a_checkpoint_are_an_unsigned_tail(specimen: Specimen) -> None:
    append_batch(specimen, *(encode_entry(intent(f"late-{index}"), index) for index in (SIZE, SIZE + 1)))
    verdict = specimen.verify(specimen.anchor)
    assert (verdict.verdict, codes(verdict)) == ("incomplete", {"unsigned-tail"})
    assert (verdict.problems[0].entry, verdict.size) == (SIZE, SIZE)
    assert "2 entries" in verdict.problems[0].message


def test_outcome_that_only_the_journal_holds_is_known(specimen: Specimen) -> None:
    shorter = write_specimen(specimen, specimen.entries[:276], sizes=(*CHECKPOINTS[:6], 276), journal=False)
    shutil.rmtree(specimen.trail / "tile/entries/001.p")
    shutil.rmtree(specimen.trail / "tile/0/001.p")
    shorter = write_specimen(shorter, sizes=(*CHECKPOINTS[:6], 276), journal=False)
    shutil.rmtree(specimen.trail / ".state")
    write_journal(specimen.trail, shorter.entries[FIRST_IN_JOURNAL:276], FIRST_IN_JOURNAL)
    assert codes(shorter.verify(shorter.anchor)) == {"unknown-outcome"}
    append_batch(shorter, encode_entry(outcome("sent-275"), 276))
    assert codes(shorter.verify(shorter.anchor)) == {"unsigned-tail"}


@contextmanager
def held_lock(specimen: Specimen) -> Iterator[None]:
    """Some process, which writes nothing, holds the writer's lock."""
    descriptor = os.open(specimen.trail / ".state/lock", os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def test_lock_alone_makes_no_proxy_of_whoever_holds_it(specimen: Specimen) -> None:
    """A crash left an exchange open and files ahead of the checkpoint; the newest signed entry is old."""
    without_last_checkpoint(specimen)
    alone = specimen.verify(specimen.notes[-2])
    with held_lock(specimen):
        held = verify_trail(
            specimen.trail,
            specimen.key,
            anchors=[specimen.notes[-2]],
            payloads=specimen.payloads,
            progress=lambda _done, _total: None,
            journal_expected=True,
            patience_s=0.2,
        )
    assert codes(alone) == {"unpublished-file", "unsigned-tail"}
    assert (held.verdict, codes(held)) == ("incomplete", codes(alone))
    assert not held.writer_at_work


@pytest.mark.parametrize(
    ("since", "expected"),
    [(timedelta(seconds=100), "ok"), (timedelta(seconds=160), "incomplete"), (timedelta(seconds=-160), "incomplete")],
)
def test_open_exchange_is_in_flight_only_when_something_was_signed_of_late(
    specimen: Specimen, since: timedelta, expected: str
) -> None:
    shutil.rmtree(specimen.trail)
    shorter = write_specimen(specimen, specimen.entries[:276], sizes=(*CHECKPOINTS[:6], 276))
    written = datetime.fromisoformat(moment(275))
    with held_lock(shorter):
        verdict = verify_trail(
            shorter.trail,
            shorter.key,
            anchors=[shorter.anchor],
            payloads=shorter.payloads,
            progress=lambda _done, _total: None,
            now=lambda: written + since,
        )
    assert verdict.verdict == expected
    assert codes(verdict) == (set() if expected == "ok" else {"unknown-outcome"})
    assert verdict.in_flight == (expected == "ok")


@pytest.mark.parametrize("cut", [1, 20, 100])
def test_unfinished_last_batch_is_a_torn_tail(specimen: Specimen, cut: int) -> None:
    whole = journal_of(specimen).read_bytes()
    batch = append_batch(specimen, encode_entry(intent("late"), SIZE))
    journal_of(specimen).write_bytes(whole + batch[:-cut])
    verdict = specimen.verify(specimen.anchor)
    assert (verdict.verdict, codes(verdict)) == ("incomplete", {"torn-tail"})
    assert verdict.problems[0].offset == len(whole)


def test_journal_that_begins_after_a_gap_is_corruption(specimen: Specimen) -> None:
    journal_of(specimen).unlink()
    write_journal(specimen.trail, [encode_entry(intent("late"), SIZE + 1)], SIZE + 1)
    verdict = specimen.verify(specimen.anchor)
    assert (verdict.verdict, codes(verdict)) == ("tampered", {"journal-corrupt"})


def test_bad_batch_followed_by_a_good_one_is_corruption(specimen: Specimen) -> None:
    path = journal_of(specimen)
    place = end_of(path)
    append_batch(specimen, encode_entry(intent("late-1"), SIZE))
    damaged = bytearray(path.read_bytes())
    damaged[-5] ^= 1
    path.write_bytes(damaged)
    follower = batch(replace(place, number=place.number + 1), [encode_entry(intent("late-2"), SIZE + 1)])
    path.write_bytes(bytes(damaged) + follower)
    verdict = specimen.verify(specimen.anchor)
    assert (verdict.verdict, codes(verdict)) == ("tampered", {"journal-corrupt"})


def test_copy_without_the_writers_directory_is_whole(specimen: Specimen) -> None:
    shutil.rmtree(specimen.trail / ".state")
    assert specimen.verify(specimen.anchor, journal=False).verdict == "ok"
    assert replace(specimen).verify(specimen.anchor).verdict == "tampered"
