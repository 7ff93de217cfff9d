"""Files can be made large without taking room on the disk: what no writer leaves is refused before it is read or split.

Nothing here needs a key: hashes are right, or the file is too long to be looked at.
"""

import os
import struct
import tracemalloc
from hashlib import sha256

import pytest

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.batch import NO_MAC, START, Stop, iter_batches
from beacon_audit.trail.entry import encode_entry
from beacon_audit.trail.frames import BATCH_BYTES, ENTRIES_LIMIT, ENTRY_LEAST, FRAMES_LIMIT, fits
from beacon_audit.trail.segment import JOURNAL_LIMIT, SEGMENT_LIMIT, segment_at
from beacon_audit.trail.verify import verify_trail
from harness.journal_bytes import end_of
from harness.quick_storage import QuickStorage
from harness.trail import SIGNER, MakeFields, Trail

MIB = 1024 * 1024


def of_zeros(count: int, length: int) -> bytes:
    """A batch with a right hash whose frames are zeros: entries of no bytes, as many as it says."""
    fields = struct.pack(">8sQQQIII", b"\xffbatch3\n", 0, 0, 0, count, length, length)
    head = fields + NO_MAC + bytes(32)
    return head + sha256(head + sha256(bytes(length)).digest()).digest() + bytes(length)


@pytest.fixture
def published(trail: Trail, make_fields: MakeFields) -> Trail:
    writer = trail.open(QuickStorage())
    for _ in range(3):
        writer.submit(make_fields()).result(10)
    writer.close()
    return trail


def assert_refused(trail: Trail, expected: str) -> None:
    """Neither start nor reader nor verifier take it, or much memory for it."""
    tracemalloc.start()
    try:
        with pytest.raises(TrailCorrupt, match=expected):
            trail.open(QuickStorage())
        with pytest.raises(TrailCorrupt, match=expected):
            trail.entries()
        verdict = verify_trail(
            trail.directory, SIGNER.verifier, anchors=[], payloads=None, progress=lambda *_: None, processes=1
        )
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 * MIB  # verify has a filter of 16 MiB; the smallest of these files is 384
    assert [problem.code for problem in verdict.problems] == ["journal-corrupt"]


def test_a_segment_that_is_longer_than_any_of_ours_is_not_read(published: Trail) -> None:
    os.truncate(published.journal(), SEGMENT_LIMIT + 1)

    assert_refused(published, f"expected at most {SEGMENT_LIMIT} bytes")


def test_a_journal_that_is_longer_than_any_of_ours_is_not_read(published: Trail) -> None:
    first = end_of(published.journal()).first
    for number in range(JOURNAL_LIMIT // SEGMENT_LIMIT + 1):
        path = segment_at(published.state, first + number).path
        path.touch()
        os.truncate(path, SEGMENT_LIMIT)

    assert_refused(published, f"expected at most {JOURNAL_LIMIT} bytes of journal")


def test_entries_are_counted_before_they_are_split() -> None:
    """Millions of empty ones lie in a hole of a file."""
    data = of_zeros(2 * MIB, 4 * MIB)
    tracemalloc.start()
    try:
        items = list(iter_batches(data, START))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert items == [Stop("corrupt", 0, "its hash is right, but its header is none that this writer writes")]
    assert peak < MIB


@pytest.mark.parametrize("count", [1, 1024])
def test_what_does_not_add_up_is_not_split_further_than_it_says(count: int) -> None:
    tracemalloc.start()
    try:
        items = list(iter_batches(of_zeros(count, 4 * MIB), START))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert items == [Stop("corrupt", 0, "its hash is right, but its frames do not add up")]
    assert peak < 10 * MIB  # the data itself is twice 4 MiB


@pytest.mark.parametrize(
    ("count", "entries", "length", "expected"),
    [
        (1, 2 + ENTRY_LEAST, 2 + ENTRY_LEAST, True),
        (1, 1 + ENTRY_LEAST, 1 + ENTRY_LEAST, False),
        (1000, 1000 * (2 + ENTRY_LEAST), FRAMES_LIMIT, True),
        (1000, 1000 * (2 + ENTRY_LEAST), FRAMES_LIMIT + 1, False),
        (1000, 1000 * (2 + ENTRY_LEAST) - 1, FRAMES_LIMIT, False),
        (1000, ENTRIES_LIMIT, FRAMES_LIMIT, True),
        (1000, ENTRIES_LIMIT + 1, FRAMES_LIMIT, False),
        (0, 0, 0, False),
        (1, 100, 99, False),
    ],
)
def test_limits_are_inclusive(count: int, entries: int, length: int, expected: bool) -> None:
    assert fits(count, entries, length) is expected


def test_the_shortest_entry_and_the_fullest_batch_that_a_writer_makes_are_within_them(trail: Trail) -> None:
    shortest = encode_entry({"type": "open", "id": "i", "time": "t"}, 0)
    assert len(shortest) == ENTRY_LEAST

    # Two entries of the largest size behind a batch that is just not full.
    assert ENTRIES_LIMIT >= BATCH_BYTES + 2 + 65_000
    writer = trail.open(QuickStorage())
    fields = {"type": "refusal", "id": "i", "time": "2025-10-01T00:00:00Z", "reason": ""}
    fields["reason"] = "x" * (65_000 - len(encode_entry(fields, 999)))
    futures = [writer.submit(fields) for _ in range(600)]
    assert futures[-1].result(30).index == 599
    writer.close()
    trail.open(QuickStorage()).close()
