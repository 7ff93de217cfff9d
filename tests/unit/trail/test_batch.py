"""Batches: their exact bytes, and what damage at which place means."""

import hashlib

import pytest

from beacon_audit.trail.batch import (
    HEADER_BYTES,
    MAGIC,
    Batch,
    PayloadFile,
    Stop,
    encode_batch,
    frame_bytes,
    iter_batches,
)

ENTRIES = [b"first", b"second entry"]
PAYLOADS = [PayloadFile("2025-10-01/01.json.zst", b"body of one"), PayloadFile("2025-10-01/02.json.zst", b"")]


def read(data: bytes, first_number: int = 0) -> tuple[list[tuple[bytes, ...]], Stop]:
    """The entries of the whole batches of ``data``, and why reading stopped."""
    *batches, stop = iter_batches(data, first_number)
    assert isinstance(stop, Stop)
    return [batch.entries for batch in batches if isinstance(batch, Batch)], stop


def test_a_batch_has_the_documented_bytes() -> None:
    entries = b"\x00\x05first" + b"\x00\x0csecond entry"
    payloads = b"\x162025-10-01/01.json.zst\x00\x00\x00\x0bbody of one" + b"\x162025-10-01/02.json.zst" + bytes(4)
    frames = entries + payloads
    fields = b"\xffbatch2\n" + b"".join(
        [(7).to_bytes(8), (2).to_bytes(4), len(entries).to_bytes(4), len(frames).to_bytes(4)]
    )

    assert encode_batch(7, ENTRIES, PAYLOADS) == fields + hashlib.sha256(fields + frames).digest() + frames
    assert len(fields) == HEADER_BYTES - 32
    assert sum(frame_bytes(entry) for entry in ENTRIES) == len(entries)


def test_payload_files_come_back_with_the_entries_of_their_batch() -> None:
    data = encode_batch(0, ENTRIES, PAYLOADS) + encode_batch(1, ENTRIES)

    first, second, _ = iter_batches(data, 0)

    assert isinstance(first, Batch)
    assert isinstance(second, Batch)
    assert first.payloads == tuple(PAYLOADS)
    assert second.payloads == ()


def test_whole_batches_end_clean() -> None:
    data = encode_batch(4, ENTRIES) + encode_batch(5, [b"third"])

    batches, stop = read(data, 4)

    assert batches == [(b"first", b"second entry"), (b"third",)]
    assert (stop.kind, stop.offset) == ("clean", len(data))


def test_no_bytes_end_clean() -> None:
    assert list(iter_batches(b"", 0)) == [Stop("clean", 0, "the journal ends with a whole batch")]


def test_a_batch_says_where_it_lies() -> None:
    first = encode_batch(0, ENTRIES)

    items = list(iter_batches(first + encode_batch(1, ENTRIES), 0))

    assert isinstance(items[1], Batch)
    assert (items[1].number, items[1].offset, items[1].end) == (1, len(first), 2 * len(first))


def test_every_proper_prefix_of_the_last_batch_is_torn_at_its_start() -> None:
    first = encode_batch(0, ENTRIES)
    last = encode_batch(1, ENTRIES, PAYLOADS)
    for length in range(1, len(last)):
        batches, stop = read(first + last[:length])
        assert batches == [tuple(ENTRIES)]
        assert (stop.kind, stop.offset) == ("torn", len(first))


def test_every_changed_bit_of_the_last_batch_ends_before_it() -> None:
    first = encode_batch(0, ENTRIES)
    last = encode_batch(1, ENTRIES, PAYLOADS)
    for position in range(len(last) * 8):
        changed = bytearray(last)
        changed[position // 8] ^= 1 << position % 8
        batches, stop = read(first + bytes(changed))
        assert batches == [tuple(ENTRIES)]
        assert stop.kind in ("torn", "corrupt")
        assert stop.offset == len(first)


def test_every_changed_bit_of_an_earlier_batch_is_corruption() -> None:
    first = encode_batch(0, ENTRIES, PAYLOADS)
    for position in range(len(first) * 8):
        changed = bytearray(first)
        changed[position // 8] ^= 1 << position % 8
        batches, stop = read(bytes(changed) + encode_batch(1, ENTRIES))
        assert batches == []
        assert (stop.kind, stop.offset) == ("corrupt", 0)


def test_a_damaged_batch_before_a_damaged_batch_is_corruption() -> None:
    data = bytearray(encode_batch(0, ENTRIES) + encode_batch(1, ENTRIES))
    data[HEADER_BYTES] ^= 1
    data[-1] ^= 1

    _, stop = read(bytes(data))

    assert (stop.kind, stop.offset) == ("corrupt", 0)
    assert stop.reason == "its hash is wrong, and another batch follows it"


def test_a_damaged_batch_before_the_first_bytes_of_another_is_corruption() -> None:
    data = bytearray(encode_batch(0, ENTRIES))
    data[-1] ^= 1

    _, stop = read(bytes(data) + MAGIC[:3])

    assert stop == Stop("corrupt", 0, "its hash is wrong, and more bytes follow it")


def test_blocks_that_never_reached_the_disk_read_as_a_torn_tail() -> None:
    data = encode_batch(0, [bytes([65 + i]) * 600 for i in range(10)], [PayloadFile("2025-10-01/1", b"z" * 999)])
    for start, end in ((0, 512), (512, 1024), (len(data) - 512, len(data)), (0, len(data))):
        _, stop = read(data[:start] + bytes(end - start) + data[end:])
        assert (stop.kind, stop.offset) == ("torn", 0)


@pytest.mark.parametrize("numbers", [(1, 0), (0, 2), (0, 0)])
def test_a_batch_out_of_order_is_corruption(numbers: tuple[int, int]) -> None:
    _, stop = read(b"".join(encode_batch(number, ENTRIES) for number in numbers))

    assert stop.kind == "corrupt"
    assert "expected batch" in stop.reason


def test_a_count_that_does_not_fit_the_frames_is_refused_even_with_the_right_hash() -> None:
    data = bytearray(encode_batch(0, ENTRIES))
    data[16:20] = (3).to_bytes(4)

    batches, stop = read(hashed_again(data))

    assert batches == []
    assert stop == Stop("torn", 0, "its frames do not add up")


@pytest.mark.parametrize("position", [-1, -5, -12, -16])
def test_payload_files_that_do_not_fit_the_frames_are_refused_even_with_the_right_hash(position: int) -> None:
    data = bytearray(encode_batch(0, ENTRIES, [PayloadFile("2025-10-01/1", b"")]))
    data[position] ^= 0x80

    assert read(hashed_again(data))[0] == []


@pytest.mark.parametrize("length", [0, 1, 18, 2**32 - 1])
def test_a_length_of_the_entries_that_does_not_fit_is_refused_even_with_the_right_hash(length: int) -> None:
    data = bytearray(encode_batch(0, ENTRIES, PAYLOADS))
    data[20:24] = length.to_bytes(4)

    assert read(hashed_again(data))[0] == []


def hashed_again(data: bytearray) -> bytes:
    hash_at = HEADER_BYTES - 32
    return bytes(data[:hash_at]) + hashlib.sha256(data[:hash_at] + data[HEADER_BYTES:]).digest() + data[HEADER_BYTES:]


def test_a_payload_that_looks_like_a_batch_does_not_make_a_torn_tail_corrupt() -> None:
    """Compressed bytes are anything; only a header that makes sense begins a batch."""
    for inner in (MAGIC, MAGIC + bytes(60), MAGIC + b"\xff" * 60, encode_batch(0, ENTRIES), encode_batch(7, ENTRIES)):
        data = encode_batch(7, ENTRIES, [PayloadFile("2025-10-01/1", b"before" + inner + b"behind")])

        _, stop = read(data[:-3], 7)

        assert stop == Stop("torn", 0, "it is shorter than its header says")


def test_a_batch_of_nothing_or_of_too_much_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="1 or more entries"):
        encode_batch(0, [])
    monkeypatch.setattr("beacon_audit.trail.batch.FRAMES_LIMIT", 1000)
    encode_batch(0, [b"x" * 998])
    for entries, payloads in (([b"x" * 999], []), ([b"x"], [PayloadFile("2025-10-01/1", b"y" * 990)])):
        with pytest.raises(ValueError, match="1 or more entries"):
            encode_batch(0, entries, payloads)
